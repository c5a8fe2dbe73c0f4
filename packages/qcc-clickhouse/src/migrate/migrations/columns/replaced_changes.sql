SELECT account, corp_key_no, id
FROM (
  SELECT account, corp_key_no, id, order_no, revision, position FROM {{database}}.change_log FINAL
  WHERE (account, order_no) IN ({{orders}}) AND NOT is_superseded
) AS listed
{{columns later_places, record_history = columns revisions_of_orders}}
WHERE
{{columns has_later_place}}
