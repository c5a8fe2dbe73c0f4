  -- A case has the same values in each of its companies: those of the newest report of any of them.
  SELECT
    r.account AS account, r.case_id AS case_id, r.corp_key_no AS corp_key_no, r.record_id AS record_id, r.corp_name AS corp_name,
    r.credit_code AS credit_code, r.owner_pseudonym AS owner_pseudonym, r.order_no AS order_no, r.push_date AS push_date,
    r.push_day AS push_day, r.details_fetched_at AS details_fetched_at, r.details_fetched_day AS details_fetched_day,
    n.newest.execute_gov AS execute_gov, n.newest.execute_status AS execute_status, n.newest.lian_date AS lian_date,
    n.newest.public_date AS public_date, n.newest.amount AS amount, n.newest.anno AS anno, n.newest.anno_normalized AS anno_normalized,
    n.newest.execute_no AS execute_no, n.newest.action_type_name AS action_type_name, n.newest.amount_raw AS amount_raw
  FROM (SELECT * FROM {{database}}.debtor_case_reports FINAL) AS r
  LEFT JOIN (
{{columns debtor_cases}}
  ) AS n ON n.account = r.account AND n.case_id = r.case_id
