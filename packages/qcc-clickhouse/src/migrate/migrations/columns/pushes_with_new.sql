(
  -- The view that fills first_pushes may run after this one, so the pushes of this insert are added here.
  SELECT account, corp_key_no, id, min(p.first) AS first, max(p.last) AS last, maxMap(p.revisions) AS revisions
  FROM (
    SELECT * FROM {{database}}.first_pushes
    WHERE (account, corp_key_no, id) IN (SELECT account, corp_key_no, id FROM {{database}}.record_derivations)
    UNION ALL
{{columns derive_first_pushes, record_history = record_derivations}}
  ) AS p
  GROUP BY account, corp_key_no, id
)
