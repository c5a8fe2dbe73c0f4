SELECT
{{columns change_log_values}},
  false AS amends
FROM (
  SELECT
    * EXCEPT (first_pushed_at, is_repeat, is_superseded, change_version, amends),
    (first_pushed_at, is_repeat, is_superseded) AS written
  FROM {{database}}.change_log FINAL
  WHERE (account, corp_key_no, id) IN ({{amended}})
) AS record
INNER JOIN (
  SELECT account, corp_key_no, id, min(p.first) AS first, maxMap(p.revisions) AS revisions
  FROM {{database}}.first_pushes AS p
  WHERE (account, corp_key_no, id) IN ({{amended}})
  GROUP BY account, corp_key_no, id
) AS pushes USING (account, corp_key_no, id)
{{columns later_places, record_history = columns revisions_of_orders}}
WHERE (first_pushed_at, is_repeat, is_superseded) != written
