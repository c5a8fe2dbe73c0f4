-- title: 某一天谁在经营异常或严重违法名单上
-- title-en: Who was on a list on a given day
-- param day date today_beijing() - 30: 日期
-- caveat: 移出当天不算在列。
-- caveat: 依据为 TEXT 的，至少有一个条目的列入或移出只能依变更文字判断，日期可能晚于实际。严重违法的详情没有移出日期，移出日期为得知移出的日期，依据为 DETAILS 的也是如此。
SELECT
  list_name AS `名单`, corp_key_no AS `KeyNo`, since_day AS `列入日期`, until_day AS `移出日期`, evidence AS `依据`
FROM {{db}}.list_spells{{masked}}
WHERE account = {{account}} AND since_day <= {{day}} AND (until_day IS NULL OR until_day > {{day}})
ORDER BY `名单`, `列入日期`, `KeyNo`
