  -- A case has the same values in each of its companies: those of the newest report of any of them. The join comes before the
  -- aggregation, so that a question about one company finds the reports of its cases by the index.
  SELECT
    account, case_id, corp_key_no, of_company.1 AS record_id, of_company.2 AS corp_name, of_company.3 AS credit_code,
    of_company.4 AS owner_pseudonym, of_company.5 AS order_no, of_company.6 AS push_date, of_company.7 AS push_day,
    of_company.8 AS details_fetched_at, of_company.9 AS details_fetched_day,
    newest.1 AS execute_gov, newest.2 AS execute_status, newest.3 AS lian_date, newest.4 AS public_date, newest.5 AS amount,
    newest.6 AS anno, newest.7 AS anno_normalized, newest.8 AS execute_no, newest.9 AS action_type_name, newest.10 AS amount_raw
  FROM (
    SELECT
      r.account AS account, r.case_id AS case_id, r.corp_key_no AS corp_key_no,
      any((
        r.record_id, r.corp_name, r.credit_code, r.owner_pseudonym, r.order_no, r.push_date, r.push_day, r.details_fetched_at,
        r.details_fetched_day
      )) AS of_company,
      argMax((
        n.execute_gov, n.execute_status, n.lian_date, n.public_date, n.amount, n.anno, n.anno_normalized, n.execute_no,
        n.action_type_name, n.amount_raw
      ), n.version) AS newest
    FROM (SELECT * FROM {{database}}.debtor_case_reports FINAL) AS r
    INNER JOIN {{database}}.debtor_case_reports AS n ON n.account = r.account AND n.case_id = r.case_id
    GROUP BY account, case_id, corp_key_no
  )
