SELECT
  account, corp_key_no, id,
{{columns push_place}} AS first,
  first AS last,
  -- The map is empty unless the order was replayed, so that it takes no space.
  if(
    revision > 0,
    map(
      order_no,
{{columns replay_place}}
    ),
    map()
  ) AS revisions
FROM {{database}}.record_history
