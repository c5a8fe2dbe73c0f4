SELECT
  account, corp_key_no, id,
  (push_date, order_no, position) AS first,
  first AS last,
  mapFilter((place, replay) -> replay > 0, map(concat(order_no, ':', toString(position)), revision)) AS revisions
FROM {{database}}.record_history
