(
  -- FINAL merges the rows of each company. Grouping by company takes twice as long.
  SELECT account, corp_key_no, facts_last FROM {{database}}.portfolio_states FINAL
)
