-- title: 谁移出了名单
-- title-en: Who left a list
-- param from date today_beijing() - 30: 移出日期自（含）
-- param to date today_beijing(): 移出日期至（含）
-- caveat: 一行是一次移出：企业在该名单上同时在列的条目全部移出才算，只移出部分条目的不算。移出当天或以后又被列入的企业也在其中，现状请查 list_status。
-- caveat: 企业在开始推送前已列入，此后只推送了移出，而变更文字与详情又都没有列入日期的，不在其中，请另查 changes（类型 2、10，方向为移出）。
-- caveat: 依据为 TEXT 的，至少有一个条目的列入或移出只能依变更文字判断，日期可能晚于实际。严重违法的详情没有移出日期，移出日期取移出变更的更新日期（没有时为推送日期）；没有可用的移出变更的，取查询详情时首次不见该条目的日期。依据为 DETAILS 的也是如此。
SELECT
  s.list_name AS `名单`, c.corp_name AS `企业`, s.since_day AS `列入日期`, s.until_day AS `移出日期`, s.duration_days AS `在列天数`,
  s.evidence AS `依据`, s.corp_key_no AS `KeyNo`
FROM {{db}}.list_spells{{masked}} AS s
LEFT JOIN {{db}}.company_profiles{{masked}} AS c ON c.account = s.account AND c.corp_key_no = s.corp_key_no
WHERE s.account = {{account}} AND NOT s.is_on AND s.until_day BETWEEN {{from}} AND {{to}}
ORDER BY `移出日期` DESC, `名单`, `KeyNo`
