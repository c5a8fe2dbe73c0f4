LEFT JOIN (
  -- For each revision, this finds the positions that a later revision of the order has. The record at a position may be another one,
  -- because QCC may have rebuilt the archive. Records of other companies are inserted separately, so only the ledger knows all positions.
  -- A later revision is complete once it is published and has as many records as its archive declares. Then its empty positions stay empty,
  -- and earlier records at these positions no longer count. A position whose record was rejected is not empty.
  SELECT
    older.account AS later_account, older.order_no AS later_order_no, older.revision AS earlier_revision,
    -- Both sets are needed. The server that runs this may not have the insert into the history yet, but it has its own derived rows.
    bitmapOr(groupBitmapMergeState(newer.stored), groupBitmapMergeState(newer.derived)) AS later_positions,
    countIf(newer.is_complete) > 0 AS has_later_complete,
    groupBitmapAndStateIf(newer.seen, newer.is_complete) AS complete_positions
  FROM (SELECT DISTINCT account, order_no, revision FROM {{database}}.record_history) AS older
  INNER JOIN (
    SELECT
      account, order_no, revision, bitmapOr(groupBitmapMergeState(l.parsed), groupBitmapMergeState(l.rejected)) AS seen,
      max(l.extracted_at) IS NOT NULL AND ifNull(argMaxMerge(l.declared) = bitmapCardinality(seen), false) AS is_complete,
      groupBitmapMergeState(l.stored) AS stored, groupBitmapMergeState(l.derived) AS derived
    FROM {{database}}.order_ledger AS l
    WHERE revision > 0 AND (account, order_no) IN (SELECT account, order_no FROM {{database}}.record_history)
    GROUP BY account, order_no, revision
  ) AS newer ON newer.account = older.account AND newer.order_no = older.order_no
  WHERE newer.revision > older.revision
  GROUP BY later_account, later_order_no, earlier_revision
) AS later ON later_account = account AND later_order_no = order_no AND earlier_revision = revision
