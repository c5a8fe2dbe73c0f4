  -- A case has the same values in each of its companies: those of the newest report of any of them.
  SELECT
    r.account AS account, r.case_id AS case_id, r.corp_key_no AS corp_key_no,
    any(r.record_id) AS record_id,
    any(r.corp_name) AS corp_name,
    any(r.credit_code) AS credit_code,
    any(r.owner_pseudonym) AS owner_pseudonym,
    any(r.order_no) AS order_no,
    any(r.push_date) AS push_date,
    any(r.push_day) AS push_day,
    any(r.details_fetched_at) AS details_fetched_at,
    any(r.details_fetched_day) AS details_fetched_day,
    -- The tuples keep a newest value that is NULL.
    argMax(tuple(n.execute_gov), n.version).1 AS execute_gov,
    argMax(tuple(n.execute_status), n.version).1 AS execute_status,
    argMax(tuple(n.lian_date), n.version).1 AS lian_date,
    argMax(tuple(n.public_date), n.version).1 AS public_date,
    argMax(tuple(n.amount), n.version).1 AS amount,
    argMax(tuple(n.anno), n.version).1 AS anno,
    argMax(tuple(n.anno_normalized), n.version).1 AS anno_normalized,
    argMax(tuple(n.execute_no), n.version).1 AS execute_no,
    argMax(tuple(n.action_type_name), n.version).1 AS action_type_name,
    argMax(tuple(n.amount_raw), n.version).1 AS amount_raw
  FROM (SELECT * FROM {{database}}.debtor_case_reports FINAL) AS r
  INNER JOIN {{database}}.debtor_case_reports AS n ON n.account = r.account AND n.case_id = r.case_id
  GROUP BY account, case_id, corp_key_no
