(
  SELECT * FROM {{database}}.record_history
  WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
)
