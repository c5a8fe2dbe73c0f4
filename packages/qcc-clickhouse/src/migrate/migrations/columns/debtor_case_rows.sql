  -- A case has the same values for all its companies: those of the newest report of any of them. The company's name and code, and the push
  -- that reported the case, are from the company's own newest report. Until this report is stored, the case is not listed for the company.
  SELECT
    account, corp_key_no, case_id,
    argMaxIf(s.record_id, s.version, s.reported_by = corp_key_no) AS record_id,
    argMaxIf(tuple(s.corp_name), s.version, s.reported_by = corp_key_no).1 AS corp_name,
    argMaxIf(tuple(s.credit_code), s.version, s.reported_by = corp_key_no).1 AS credit_code,
    argMaxIf(tuple(s.owner_pseudonym), s.version, s.reported_by = corp_key_no).1 AS owner_pseudonym,
    argMaxIf(s.order_no, s.version, s.reported_by = corp_key_no) AS order_no,
    argMaxIf(s.push_date, s.version, s.reported_by = corp_key_no) AS push_date,
    argMaxIf(s.push_day, s.version, s.reported_by = corp_key_no) AS push_day,
    argMaxIf(tuple(s.details_fetched_at), s.version, s.reported_by = corp_key_no).1 AS details_fetched_at,
    argMaxIf(tuple(s.details_fetched_day), s.version, s.reported_by = corp_key_no).1 AS details_fetched_day,
    argMax(tuple(s.execute_gov), s.version).1 AS execute_gov,
    argMax(tuple(s.execute_status), s.version).1 AS execute_status,
    argMax(tuple(s.lian_date), s.version).1 AS lian_date,
    argMax(tuple(s.public_date), s.version).1 AS public_date,
    argMax(tuple(s.amount), s.version).1 AS amount,
    argMax(tuple(s.anno), s.version).1 AS anno,
    argMax(tuple(s.anno_normalized), s.version).1 AS anno_normalized,
    argMax(tuple(s.execute_no), s.version).1 AS execute_no,
    argMax(tuple(s.action_type_name), s.version).1 AS action_type_name,
    argMax(tuple(s.amount_raw), s.version).1 AS amount_raw
  FROM {{database}}.debtor_case_states AS s FINAL
  GROUP BY account, corp_key_no, case_id
  HAVING max(s.reported_by = corp_key_no)
