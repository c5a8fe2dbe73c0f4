FROM (
{{columns companies}}
) AS company
LEFT JOIN (
  SELECT
    account, corp_key_no,
    minIf(toNullable(since_day), list = '2' AND is_on) AS abnormal_since_day,
    minIf(toNullable(since_day), list = '10' AND is_on) AS violation_since_day
  FROM (
{{columns list_spells}}
  )
  GROUP BY account, corp_key_no
) AS lists ON lists.account = company.account AND lists.corp_key_no = company.corp_key_no
