(
  -- FINAL merges the rows of each company. Grouping by company takes twice as long. A match by credit code needs no facts of the company,
  -- so `customer_pseudonym` is not known for it: views take the pseudonym from the change or from the company.
  SELECT account, corp_key_no, facts_last FROM {{database}}.portfolio_states FINAL
  WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies WHERE kind != 'CREDIT_CODE')
)
