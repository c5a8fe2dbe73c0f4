(SELECT * FROM {{database}}.change_log FINAL WHERE NOT is_superseded) AS listed
LEFT JOIN (
  -- Places of which a later revision of the order has a record, maybe another one. Records of other companies are inserted by themselves,
  -- so only the question knows all of them.
  SELECT
    older.account AS later_account, older.order_no AS later_order_no, older.revision AS earlier_revision,
    groupBitmapMergeState(newer.derived) AS later_positions
  FROM (
    SELECT DISTINCT account, order_no, revision FROM {{database}}.order_ledger
    WHERE (account, order_no) IN (SELECT account, order_no FROM {{database}}.order_ledger WHERE revision > 0)
  ) AS older
  INNER JOIN {{database}}.order_ledger AS newer ON newer.account = older.account AND newer.order_no = older.order_no
  WHERE newer.revision > older.revision
  GROUP BY later_account, later_order_no, earlier_revision
) AS later ON later_account = account AND later_order_no = order_no AND earlier_revision = revision
WHERE ifNull(later_order_no, '') = '' OR NOT bitmapContains(later_positions, position)
