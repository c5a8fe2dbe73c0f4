(
  -- All rows are read, and FINAL merges only those of one company. To group all companies takes twice as long.
  SELECT account, corp_key_no, s.facts_last AS facts_last
  FROM {{database}}.portfolio_states AS s FINAL
)
