  -- A case has the same values in each of its companies: those of the newest report of any of them.
  SELECT
    r.account AS account, r.case_id AS case_id, r.corp_key_no AS corp_key_no, r.record_id AS record_id, r.corp_name AS corp_name,
    r.credit_code AS credit_code, r.owner_pseudonym AS owner_pseudonym, r.order_no AS order_no, r.push_date AS push_date,
    r.push_day AS push_day, r.details_fetched_at AS details_fetched_at, r.details_fetched_day AS details_fetched_day,
    s.execute_gov AS execute_gov, s.execute_status AS execute_status, s.lian_date AS lian_date, s.public_date AS public_date,
    s.amount AS amount, s.anno AS anno, s.anno_normalized AS anno_normalized, s.execute_no AS execute_no,
    s.action_type_name AS action_type_name, s.amount_raw AS amount_raw
  FROM (SELECT * FROM {{database}}.debtor_case_reports FINAL) AS r
  INNER JOIN (SELECT * FROM {{database}}.debtor_case_states FINAL) AS s
    ON s.account = r.account AND s.corp_key_no = r.corp_key_no AND s.case_id = r.case_id
