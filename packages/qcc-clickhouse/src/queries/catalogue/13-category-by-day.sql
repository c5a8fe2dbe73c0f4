-- title: 每天各级别推送了多少变更
-- title-en: Changes by day and category
-- param from date today_beijing() - 30: 推送日期自（含）
-- narrow-by: from
-- caveat: “推送”含再次推送的；“新增”只含首次推送的。
SELECT
  push_day AS `日期`, category AS `级别`, count() AS `推送`, countIf(NOT is_repeat) AS `新增`
FROM {{db}}.changes{{masked}}
WHERE account = {{account}} AND push_day >= {{from}}
GROUP BY push_day, category
ORDER BY `日期`, `级别`
