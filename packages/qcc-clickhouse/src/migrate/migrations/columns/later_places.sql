LEFT JOIN (
  -- Which places of a revision a later revision of the order has, maybe with another record: QCC may have built the archive anew. Records of
  -- other companies are inserted by themselves, so only the ledger knows all of them.
  SELECT
    older.account AS later_account, older.order_no AS later_order_no, older.revision AS earlier_revision,
    -- Both: the server that is asked may lack the insert into the history, but has that of its own derivations.
    bitmapOr(groupBitmapMergeState(newer.stored), groupBitmapMergeState(newer.derived)) AS later_positions
  FROM (SELECT DISTINCT account, order_no, revision FROM {{database}}.record_history) AS older
  INNER JOIN (
    SELECT account, order_no, revision, stored, derived FROM {{database}}.order_ledger
    WHERE revision > 0 AND (account, order_no) IN (SELECT account, order_no FROM {{database}}.record_history)
  ) AS newer ON newer.account = older.account AND newer.order_no = older.order_no
  WHERE newer.revision > older.revision
  GROUP BY later_account, later_order_no, earlier_revision
) AS later ON later_account = account AND later_order_no = order_no AND earlier_revision = revision
