-- Lists the events of a company, each once and on its own day. Select one company: corp_key_no = '…'.
CREATE VIEW IF NOT EXISTS {{database}}.company_timeline {{on_cluster}} (
{{columns timeline}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM (
SELECT
{{columns timeline_of_change}}
FROM {{database}}.changes
WHERE NOT is_repeat
  -- The spells and cases below report the excluded changes, on their own days. Cases do not report removals, so changes of type 11 that
  -- report a removal are not excluded.
  AND NOT (type IN ('2', '10') AND direction IS NOT NULL) AND NOT (type = '11' AND detail_status = 'ENRICHED' AND ifNull(direction, '') != '移出')
UNION ALL
SELECT
  account, corp_key_no, since_day, '列入日期', concat('列入', list_name), '1', arrayStringConcat(add_reasons, '；'), evidence, '',
  listed_pushed_day
FROM {{database}}.list_spells
UNION ALL
SELECT
  account, corp_key_no, assumeNotNull(until_day), '移出日期', concat('移出', list_name), '2',
  arrayStringConcat(remove_reasons, '；'), evidence, '', removed_pushed_day
FROM {{database}}.list_spells
WHERE NOT is_on
UNION ALL
SELECT
{{columns timeline_of_case}}
FROM {{database}}.debtor_case_companies
)
{{columns view_settings}}
COMMENT '企业大事记：每件事一行；失信变更首次推送时没有详情、再次推送时才有的，变更与案件各占一行；在列期间又列入的条目、部分条目的移出、没有列入日期的移出不另列，见 changes。请按企业查询'
;

CREATE VIEW IF NOT EXISTS {{database}}.company_timeline_masked {{on_cluster}} (
{{columns masked_timeline}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM (
SELECT
{{columns timeline_of_change}}
FROM {{database}}.changes_masked
WHERE NOT is_repeat
  -- The spells and cases below report the excluded changes, on their own days. Cases do not report removals, so changes of type 11 that
  -- report a removal are not excluded.
  AND NOT (type IN ('2', '10') AND direction IS NOT NULL) AND NOT (type = '11' AND detail_status = 'ENRICHED' AND ifNull(direction, '') != '移出')
UNION ALL
SELECT
  account, corp_key_no, since_day, '列入日期', concat('列入', list_name), '1',
  nullIf(arrayStringConcat(add_reason_classes, '；'), ''), evidence, '',
  listed_pushed_day
FROM {{database}}.list_spells_masked
UNION ALL
SELECT
  account, corp_key_no, assumeNotNull(until_day), '移出日期', concat('移出', list_name), '2',
  NULL, evidence, '', removed_pushed_day
FROM {{database}}.list_spells_masked
WHERE NOT is_on
UNION ALL
SELECT
{{columns timeline_of_case}}
FROM {{database}}.debtor_case_companies_masked
)
{{columns view_settings}}
COMMENT '企业大事记（已脱敏，供分析师使用）：每件事一行；失信变更首次推送时没有详情、再次推送时才有的，变更与案件各占一行；在列期间又列入的条目、部分条目的移出、没有列入日期的移出不另列，见 changes_masked。请按企业查询'
;
