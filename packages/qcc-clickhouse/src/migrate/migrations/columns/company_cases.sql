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
