(
  -- Directions are most of the facts, and a merge of maps takes long.
  SELECT account, corp_key_no, maxMap(mapFilter((fact, at) -> NOT startsWith(fact, 'DIRECTION:'), s.facts_last)) AS facts_last
  FROM {{database}}.company_states AS s
  WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM found)
  GROUP BY account, corp_key_no
)
