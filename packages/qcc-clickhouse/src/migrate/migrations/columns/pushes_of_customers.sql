(
  -- A record of the history may not be in first_pushes yet, because it is derived later. So the pushes of the history are added here.
  SELECT account, corp_key_no, id, min(p.first) AS first, max(p.last) AS last, maxMap(p.revisions) AS revisions
  FROM (
    SELECT * FROM {{database}}.first_pushes
    WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
    UNION ALL
{{columns derive_first_pushes, record_history = columns history_of_customers}}
  ) AS p
  GROUP BY account, corp_key_no, id
)
