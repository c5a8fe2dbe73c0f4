-- title: 近几天新增了什么（默认自昨天起）
-- title-en: What is new in the last days (by default since yesterday)
-- param from date today_beijing() - 1: 首次推送日期自（含）
-- narrow-by: from
-- caveat: “新增变更”指首次推送的变更，方向也可能是移出；再次推送的不算新增，包括以同一记录 ID 提高级别的。
SELECT
  type_name AS `类型`, category_name AS `级别`, direction AS `方向`, count() AS `新增变更`, uniqExact(corp_key_no) AS `企业数`
FROM {{db}}.changes{{masked}}
WHERE account = {{account}} AND push_day >= {{from}} AND first_pushed_day >= {{from}} AND NOT is_repeat
GROUP BY type_name, category_name, direction
ORDER BY min(category), `新增变更` DESC, `类型`, `方向`
