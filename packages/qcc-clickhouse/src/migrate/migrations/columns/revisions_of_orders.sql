(
  SELECT account, order_no, revision FROM {{database}}.order_ledger
  WHERE (account, order_no) IN ({{orders}})
)
