-- title: 某一天谁在经营异常或严重违法名单上
-- title-en: Who was on a list on a given day
-- param day date today_beijing() - 30: 日期
-- caveat: 移出当天不算在列。
-- caveat: 按目前所知，只含推送过该名单变更的企业（经营异常、严重违法各看各的）：列入早于监测、此后又没有推送过该名单变更的，不会出现，因此监测开始以前的日期名单不全。
-- caveat: 依据为 TEXT 的，至少有一个条目的列入或移出只能依变更文字判断，日期可能晚于实际。严重违法的详情没有移出日期，移出日期取移出变更的更新日期（没有时为推送日期）；没有可用的移出变更的，取查询详情时首次不见该条目的日期。依据为 DETAILS 的也是如此。
SELECT
  s.list_name AS `名单`, c.corp_name AS `企业`, s.since_day AS `列入日期`, s.until_day AS `移出日期`, s.evidence AS `依据`, s.corp_key_no AS `KeyNo`
FROM {{db}}.list_spells{{masked}} AS s
LEFT JOIN {{db}}.company_profiles{{masked}} AS c ON c.account = s.account AND c.corp_key_no = s.corp_key_no
WHERE s.account = {{account}} AND s.since_day <= {{day}} AND (s.until_day IS NULL OR s.until_day > {{day}})
ORDER BY `名单`, `列入日期`, `KeyNo`
