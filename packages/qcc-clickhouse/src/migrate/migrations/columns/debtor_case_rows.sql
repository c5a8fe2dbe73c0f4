  -- A case has the same values for all its companies: those of the newest report of any of them. The company's name and code, and the push
  -- that reported the case, are from the company's own newest report. Until this report is stored, the case is not listed for the company.
  SELECT
    account, corp_key_no, case_id,
    argMaxIf(r.record_id, r.version, r.reported_by = corp_key_no) AS record_id,
    argMaxIf(tuple(r.corp_name), r.version, r.reported_by = corp_key_no).1 AS corp_name,
    argMaxIf(tuple(r.credit_code), r.version, r.reported_by = corp_key_no).1 AS credit_code,
    argMaxIf(tuple(r.owner_pseudonym), r.version, r.reported_by = corp_key_no).1 AS owner_pseudonym,
    argMaxIf(r.order_no, r.version, r.reported_by = corp_key_no) AS order_no,
    argMaxIf(r.push_date, r.version, r.reported_by = corp_key_no) AS push_date,
    argMaxIf(r.push_day, r.version, r.reported_by = corp_key_no) AS push_day,
    argMaxIf(tuple(r.details_fetched_at), r.version, r.reported_by = corp_key_no).1 AS details_fetched_at,
    argMaxIf(tuple(r.details_fetched_day), r.version, r.reported_by = corp_key_no).1 AS details_fetched_day,
{{columns newest_case_values}}
  FROM {{database}}.debtor_case_states AS r FINAL
  GROUP BY account, corp_key_no, case_id
  HAVING max(r.reported_by = corp_key_no)
