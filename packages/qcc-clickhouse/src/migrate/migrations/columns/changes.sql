  SELECT
    c.account AS account, c.push_day AS push_day, c.corp_key_no AS corp_key_no, c.id AS id,
    c.push_date AS push_date, c.order_no AS order_no, c.revision AS revision, c.position AS position,
    c.corp_name AS corp_name, c.credit_code AS credit_code, c.reg_no AS reg_no, c.owner_pseudonym AS owner_pseudonym,
    c.type AS type, c.type_name AS type_name, c.category AS category, c.category_name AS category_name,
    c.direction AS direction, c.change_content AS change_content, c.event_date AS event_date, c.change_date AS change_date,
    c.source AS source, c.detail_status AS detail_status, c.detail_reason AS detail_reason, c.details_total AS details_total,
    c.details_complete AS details_complete, c.ingested_at AS ingested_at,
    p.first.push_date AS first_pushed_at,
    -- A row whose first push is not there was stored a moment ago.
    p.id != '' AND p.first != (c.push_date, c.order_no, c.position) AS is_repeat,
    transform(
      c.type, ['1', '2', '10', '11'], ['吊销或注销日期', '最近一次列入日期', '最近一次列入日期', '最近一次发布日期'], '未约定'
    ) AS event_date_means
  FROM (SELECT * FROM {{database}}.change_log FINAL) AS c
  LEFT JOIN (
    -- Positions that change_log has of a later revision of the same order, too.
    SELECT older.account AS account, older.order_no AS order_no, older.revision AS revision, groupBitmapMergeState(newer.derived) AS positions
    FROM (
      SELECT DISTINCT account, order_no, revision FROM {{database}}.order_ledger
      WHERE (account, order_no) IN (SELECT account, order_no FROM {{database}}.order_ledger WHERE revision > 0)
    ) AS older
    INNER JOIN {{database}}.order_ledger AS newer ON newer.account = older.account AND newer.order_no = older.order_no
    WHERE newer.revision > older.revision
    GROUP BY account, order_no, revision
  ) AS later ON later.account = c.account AND later.order_no = c.order_no AND later.revision = c.revision
  LEFT JOIN (SELECT * FROM {{database}}.first_pushes FINAL) AS p
    ON p.account = c.account AND p.corp_key_no = c.corp_key_no AND p.id = c.id
  WHERE later.order_no = '' OR NOT bitmapContains(later.positions, c.position)
