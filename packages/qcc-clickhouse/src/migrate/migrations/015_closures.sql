ALTER TABLE {{database}}.dead_letter_actions {{on_cluster}}
  ADD COLUMN IF NOT EXISTS decided_by Nullable(String) COMMENT '【个人信息】决定放弃的人；重放时为空' AFTER order_no,
  ADD COLUMN IF NOT EXISTS reason Nullable(String) COMMENT '【个人信息】放弃原因，人工填写；重放时为空' AFTER decided_by,
  COMMENT COLUMN action '处理方式：REPLAYED 已重放、DISCARDED 已由人工放弃'
;

-- A person's word on an order, apart from its status: what happened to the data stays as it was.
CREATE TABLE IF NOT EXISTS {{database}}.order_closures {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '结案的解析轮次；之后的轮次另行判断',
  closed_at DateTime64(3, 'Asia/Shanghai') COMMENT '结案时间（北京时间）',
  closed_day Date DEFAULT toDate(closed_at) COMMENT '结案日期（北京时间）',
  closed_by String COMMENT '【个人信息】结案人',
  reason String COMMENT '【个人信息】结案理由，人工填写',
  source_topic LowCardinality(String) COMMENT '来源 Kafka 主题',
  source_partition UInt32 COMMENT '来源 Kafka 分区',
  source_offset UInt64 COMMENT '来源 Kafka 位点',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '消息写入 Kafka 的时间（北京时间）',
  source_day Date DEFAULT toDate(source_time) COMMENT '消息写入 Kafka 的日期（北京时间）',
  ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）',
  ingested_day Date DEFAULT toDate(ingested_at) COMMENT '写入 ClickHouse 的日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (account, order_no, revision)
COMMENT '人工结案的订单：失败或不完整，但不再处理；由 order-closures 主题写入'
;

-- Closing an order settles its letters, those of later attempts at the same revision too.
CREATE OR REPLACE VIEW {{database}}.dead_letters_open {{on_cluster}} (
{{columns dead_letter}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH concat(l.source_topic, '/', toString(l.source_partition), '/', toString(l.source_offset)) AS letter_id
SELECT
  letter_id AS id, ifNull(l.rejected_at, l.source_time) AS rejected_at,
  toDate(ifNull(l.rejected_at, l.source_time)) AS rejected_day,
  l.stage AS stage, l.reason AS reason, l.message AS message, l.origin_topic AS origin_topic,
  l.origin_partition AS origin_partition, l.origin_offset AS origin_offset, l.account AS account, l.order_no AS order_no,
  l.revision AS revision, l.position AS position, l.key AS key, l.value AS value, l.value_encoding AS value_encoding,
  l.bytes AS bytes
FROM (SELECT * FROM {{database}}.dead_letters FINAL) AS l
LEFT JOIN (
  SELECT account, order_no, max(extracted_at) AS extracted_at, max(revision) AS newest_revision
  FROM {{database}}.order_ledger
  GROUP BY account, order_no
) AS extracted ON extracted.account = ifNull(l.account, '') AND extracted.order_no = ifNull(l.order_no, '')
LEFT JOIN (
  SELECT account, order_no, toNullable(max(revision)) AS closed_revision
  FROM {{database}}.order_closures
  GROUP BY account, order_no
) AS closure ON closure.account = ifNull(l.account, '') AND closure.order_no = ifNull(l.order_no, '')
WHERE letter_id NOT IN (SELECT dead_letter_id FROM {{database}}.dead_letter_actions)
  AND (ifNull(l.account, ''), ifNull(l.order_no, ''), ifNull(l.revision, 0), ifNull(toInt64(l.position), -1)) NOT IN (
    SELECT account, order_no, revision, toInt64(position) FROM {{database}}.order_discards
  )
  AND NOT ifNull(
    l.stage = 'archive-extractor' AND l.position IS NULL AND extracted.extracted_at > ifNull(l.rejected_at, l.source_time),
    false
  )
  AND NOT ifNull(ifNull(l.revision, extracted.newest_revision) <= closure.closed_revision, false)
COMMENT '待处理的死信：尚未重放，也未被人工放弃，且其订单此后未成功解析、也未被人工结案'
;

-- A closed order does not keep its window from being settled: the certificate names who closed it, and why.
CREATE OR REPLACE VIEW {{database}}.coverage {{on_cluster}} (
{{columns coverage}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
  checks AS (
    SELECT
      account,
      assumeNotNull(f.day) AS day,
      CAST(assumeNotNull(f.push_window) AS String) AS push_window,
      argMax((f.window_start, f.window_end, f.at, f.orders, f.covered, f.closed), (f.at, f.source_offset)) AS newest
    FROM {{database}}.coverage_facts AS f
    WHERE kind = 'CHECKED'
    GROUP BY account, day, push_window
  ),
  -- The hours as they were set on each day of a check; the first known setting holds for the days before, too.
  settings AS (
    SELECT
      account,
      if(row_number() OVER (PARTITION BY account ORDER BY at_day) = 1, toDate(0), at_day) AS since,
      hours
    FROM (
      SELECT account, at_day, argMax(push_windows, (at, source_offset)) AS hours
      FROM {{database}}.coverage_facts
      WHERE kind = 'CHECKED'
      GROUP BY account, at_day
      UNION ALL
      SELECT account, toDate(min(ifNull(o.push_date, o.received_at))), [9, 11, 13, 15, 17, 19]
      FROM {{database}}.orders AS o
      WHERE account NOT IN (SELECT account FROM {{database}}.coverage_facts WHERE kind = 'CHECKED')
      GROUP BY account
    )
  ),
  days AS (
    SELECT
      account,
      first_day + arrayJoin(range(toUInt32(greatest(0, toDate(now('Asia/Shanghai')) - first_day) + 1))) AS day
    FROM (
      SELECT account, min(known_day) AS first_day
      FROM (
        SELECT account, day AS known_day FROM checks
        UNION ALL
        SELECT account, assumeNotNull(ifNull(o.push_day, o.received_day))
        FROM {{database}}.orders AS o
        WHERE ifNull(o.push_day, o.received_day) IS NOT NULL
      )
      GROUP BY account
    )
  ),
  expected AS (
    SELECT
      account,
      day,
      concat(leftPad(toString(hour), 2, '0'), '-', leftPad(toString(hour + 2), 2, '0')) AS push_window,
      toDateTime64(toString(day), 3, 'Asia/Shanghai') + toIntervalHour(hour) AS window_start,
      window_start + toIntervalHour(2) AS window_end
    FROM (
      SELECT d.account AS account, d.day AS day, arrayJoin(s.hours) AS hour
      FROM days AS d
      ASOF INNER JOIN settings AS s ON s.account = d.account AND d.day >= s.since
    )
    WHERE window_start <= now64(3)
  ),
  -- An open gap shows on the windows it touches and, since it may touch none, on each of its days as other.
  gap_days AS (
    SELECT account, after_day + arrayJoin(range(toUInt32(before_day - after_day + 1))) AS day
    FROM {{database}}.coverage_gaps
    WHERE is_open
  ),
  windows AS (
    SELECT
      account,
      day,
      push_window,
      min(start_at) AS window_start,
      min(end_at) AS window_end
    FROM (
      SELECT account, day, push_window, assumeNotNull(newest.1) AS start_at, assumeNotNull(newest.2) AS end_at FROM checks
      UNION ALL
      SELECT account, day, push_window, window_start, window_end FROM expected
      UNION ALL
      SELECT
        account,
        day,
        'other',
        toDateTime64(toString(day), 3, 'Asia/Shanghai'),
        toDateTime64(toString(day + 1), 3, 'Asia/Shanghai')
      FROM gap_days
    )
    GROUP BY account, day, push_window
  ),
  listed AS (
    SELECT
      c.account AS account,
      c.day AS day,
      c.push_window AS push_window,
      countIf(
        o.status = 'COMPLETE'
        OR o.status IN ('FAILED', 'INCOMPLETE')
          AND (o.account, o.order_no, o.revision) IN (SELECT account, order_no, revision FROM {{database}}.order_closures)
      ) AS orders_complete
    FROM (SELECT account, day, push_window, arrayJoin(newest.4).1 AS order_no FROM checks) AS c
    INNER JOIN {{database}}.orders AS o ON o.account = c.account AND o.order_no = c.order_no
    GROUP BY account, day, push_window
  ),
  open_gaps AS (
    SELECT account, groupArray((gap_after, gap_before)) AS spans
    FROM {{database}}.coverage_gaps
    WHERE is_open
    GROUP BY account
  )
SELECT
  w.account AS account,
  w.day AS day,
  w.push_window AS push_window,
  w.window_start AS window_start,
  w.window_end AS window_end,
  if(empty(c.account), NULL, c.newest.3) AS last_checked_at,
  toDate(last_checked_at) AS last_checked_day,
  length(c.newest.4) AS orders_listed,
  l.orders_complete AS orders_complete,
  CAST(c.newest.5 AND c.newest.6 AND orders_complete = orders_listed AS Bool) AS complete,
  arrayMap(o -> o.1, c.newest.4) AS order_nos,
  multiIf(
    arrayExists(span -> span.1 < w.window_end AND span.2 >= w.window_start, g.spans), 'GAP',
    NOT complete, 'NOT_CHECKED',
    orders_listed = 0, 'NOTHING_LISTED',
    'COMPLETE'
  ) AS verdict
FROM windows AS w
LEFT JOIN checks AS c ON c.account = w.account AND c.day = w.day AND c.push_window = w.push_window
LEFT JOIN listed AS l ON l.account = w.account AND l.day = w.day AND l.push_window = w.push_window
LEFT JOIN open_gaps AS g ON g.account = w.account
{{columns closed_to_filters}}
COMMENT '订单覆盖情况：每个账号、日期（北京时间）与推送时段一行，说明是否已向企查查核对、所列订单是否完整'
;
