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
LEFT JOIN (
  SELECT
    account, corp_key_no,
    count() AS debtor_cases,
    countIf(ifNull(execute_status, '') != '全部已履行') AS unpaid_debtor_cases,
    sumIf(amount, ifNull(execute_status, '') != '全部已履行') AS unpaid_amount
  FROM (
{{columns debtor_case_rows}}
  )
  GROUP BY account, corp_key_no
) AS cases ON cases.account = company.account AND cases.corp_key_no = company.corp_key_no
{{columns view_settings}}
