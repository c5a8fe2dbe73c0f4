-- title: 我的客户中，哪些近 7 天有新的高风险
-- title-en: Which of my customers have a new high risk in the last 7 days
-- param from date today_beijing() - 6: 首次推送日期自（含）
-- param portfolio text default: 客户名单名称
-- caveat: 只含已匹配到推送的客户；没有匹配到的见“我的客户现在怎样”，没有匹配到不代表没有风险。
-- caveat: 名单刚导入、尚未整理完时缺行：“我的客户现在怎样”中有“尚未整理完”为真的客户时，请稍后再查。
-- caveat: “须核对”为真的客户匹配到多家企业，或信用代码与匹配到的企业不同，变更可能不是客户的。
-- caveat: 按监测级别筛选，高风险的变更也可能是移出名单，请看“方向”。首次推送时级别较低、后来以同一记录 ID 提为高风险的，不在其中。
SELECT
  customer_name AS `客户`, corp_name AS `企业`, type_name AS `类型`, direction AS `方向`, first_pushed_day AS `首次推送`,
  change_content AS `内容`, is_ambiguous OR has_other_credit_code AS `须核对`, corp_key_no AS `KeyNo`, id AS `记录`
FROM {{db}}.portfolio_changes{{masked}}
WHERE account = {{account}} AND portfolio = {{portfolio}}
  AND category = '1' AND NOT is_repeat AND first_pushed_day >= {{from}}
ORDER BY `首次推送` DESC, `客户`, `记录`
