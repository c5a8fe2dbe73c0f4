  SELECT
    account, case_id, uniqExact(r.corp_key_no) AS companies, arraySort(groupUniqArray(r.corp_key_no)) AS corp_key_nos,
    argMax(tuple(r.push_date), r.version).1 AS push_date,
    argMax(tuple(r.details_fetched_at), r.version).1 AS details_fetched_at,
{{columns newest_case_values}}
  FROM {{database}}.debtor_case_reports AS r FINAL
  GROUP BY account, case_id
