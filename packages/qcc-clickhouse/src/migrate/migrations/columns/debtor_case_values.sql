  account, case_id, newest.execute_gov AS execute_gov, newest.execute_status AS execute_status,
  ifNull(newest.execute_status, '') != '全部已履行' AS is_unpaid,
  newest.lian_date AS lian_date, newest.public_date AS public_date, newest.amount AS amount,
  companies, corp_key_nos, newest.push_date AS push_date, toDate(newest.push_date) AS push_day,
  newest.details_fetched_at AS details_fetched_at, toDate(newest.details_fetched_at) AS details_fetched_day
