SELECT account, corp_key_no, id
FROM (
  SELECT account, corp_key_no, id, order_no, revision, position FROM {{database}}.change_log FINAL
  WHERE (account, order_no) IN (SELECT account, order_no FROM {{database}}.order_amendments) AND NOT is_superseded
) AS listed
{{columns later_places, record_history = columns replayed_revisions}}
WHERE
{{columns has_later_place}}
