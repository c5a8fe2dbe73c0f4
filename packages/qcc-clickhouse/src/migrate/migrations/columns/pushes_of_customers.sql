(
  SELECT * FROM {{database}}.first_pushes FINAL
  WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
)
