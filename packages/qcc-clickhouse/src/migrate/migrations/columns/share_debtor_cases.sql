SELECT
  account, corp_key_no, case_id, newest_version AS version, reported_by,
  '' AS record_id, NULL AS corp_name, NULL AS credit_code, NULL AS owner_pseudonym, '' AS order_no,
  toDateTime64(0, 3, 'Asia/Shanghai') AS push_date, toDate(0) AS push_day,
  NULL AS details_fetched_at, NULL AS details_fetched_day,
  newest.1 AS execute_gov, newest.2 AS execute_status, newest.3 AS lian_date, newest.4 AS public_date, newest.5 AS amount,
  newest.6 AS anno, newest.7 AS anno_normalized, newest.8 AS execute_no, newest.9 AS action_type_name, newest.10 AS amount_raw
FROM (
  SELECT
    account, case_id, groupUniqArray(r.corp_key_no) AS companies, max(r.version) AS newest_version,
    argMax(r.corp_key_no, r.version) AS reported_by,
    argMax((
      r.execute_gov, r.execute_status, r.lian_date, r.public_date, r.amount,
      r.anno, r.anno_normalized, r.execute_no, r.action_type_name, r.amount_raw
    ), r.version) AS newest
  FROM {{database}}.debtor_case_reports AS r FINAL
  WHERE (account, case_id) IN (SELECT account, case_id FROM {{database}}.debtor_case_states)
  GROUP BY account, case_id
  HAVING length(companies) > 1
)
ARRAY JOIN companies AS corp_key_no
WHERE corp_key_no != reported_by
