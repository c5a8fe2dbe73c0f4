  account, case_id, execute_gov, execute_status,
  ifNull(execute_status, '') != '全部已履行' AS is_unpaid,
  lian_date, public_date, amount,
  companies, corp_key_nos, push_date, toDate(push_date) AS push_day,
  details_fetched_at, toDate(details_fetched_at) AS details_fetched_day
