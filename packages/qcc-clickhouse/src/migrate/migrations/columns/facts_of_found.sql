(
  -- Most facts are directions, and merging maps is slow, so directions are left out first.
  SELECT account, corp_key_no, maxMap(mapFilter((fact, at) -> NOT startsWith(fact, 'DIRECTION:'), s.facts_last)) AS facts_last
  FROM {{database}}.company_states AS s
  WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM found)
  GROUP BY account, corp_key_no
)
