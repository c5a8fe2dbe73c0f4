  SELECT
    *,
    first.1 AS first_pushed_at,
    first != (push_date, order_no, position) AS is_repeat,
    transform(
      type, ['1', '2', '10', '11'], ['吊销或注销日期', '最近一次列入日期', '最近一次列入日期', '最近一次发布日期'], '未约定'
    ) AS event_date_means
  FROM (
    SELECT *, min((push_date, order_no, position)) OVER (PARTITION BY account, corp_key_no, id) AS first
    FROM (SELECT * FROM {{database}}.portfolio_log FINAL)
  ) AS c
  LEFT JOIN (
    -- Positions that change_log has of a later revision of the same order, too.
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
