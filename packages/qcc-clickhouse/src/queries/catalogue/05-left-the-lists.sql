-- title: 谁移出了名单
-- title-en: Who left a list
-- param from date today_beijing() - 30: 移出日期自（含）
-- param to date today_beijing(): 移出日期至（含）
-- caveat: 依据为 TEXT 的，移出日期取变更的更新日期，可能晚于实际。
SELECT
  s.list_name AS `名单`, c.corp_name AS `企业`, s.since_day AS `列入日期`, s.until_day AS `移出日期`, s.duration_days AS `在列天数`,
  s.evidence AS `依据`, s.corp_key_no AS `KeyNo`
FROM {{db}}.list_spells{{masked}} AS s
LEFT JOIN {{db}}.companies{{masked}} AS c ON c.account = s.account AND c.corp_key_no = s.corp_key_no
WHERE s.account = {{account}} AND NOT s.is_on AND s.until_day BETWEEN {{from}} AND {{to}}
ORDER BY `移出日期` DESC, `名单`, `KeyNo`
