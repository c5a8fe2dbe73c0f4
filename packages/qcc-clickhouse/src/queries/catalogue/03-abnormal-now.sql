-- title: 谁现在在经营异常名录上，自何时起
-- title-en: Who is on the abnormal operations list now, and since when
-- caveat: 依据为 TEXT 的，至少有一个条目的列入或移出只能依变更文字判断；这样的列入日期依次取变更的事件日期、更新日期、推送日期。
-- caveat: 原因取自详情，按原文的关键词归类；没有详情的为空。原文见 list_status（须调查角色）。
-- caveat: 只含推送过经营异常变更的企业：列入早于监测、此后又没有推送过经营异常变更的，不会出现，即使推送过其他类型的变更。
SELECT
  c.corp_name AS `企业`, c.kind AS `主体`, c.province AS `省份`, s.since_day AS `列入日期`, s.duration_days AS `在列天数`,
  arrayStringConcat(s.add_reason_classes, '；') AS `原因`, s.evidence AS `依据`, s.offices AS `决定机关`, s.corp_key_no AS `KeyNo`
FROM {{db}}.list_status{{masked}} AS s
LEFT JOIN {{db}}.company_profiles{{masked}} AS c ON c.account = s.account AND c.corp_key_no = s.corp_key_no
WHERE s.account = {{account}} AND s.list = '2' AND s.is_on
ORDER BY `列入日期` DESC, `KeyNo`
