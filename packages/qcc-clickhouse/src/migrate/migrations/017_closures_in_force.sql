-- A closure says that an order stays as it is. If the order is extracted after all, or more of its records are rejected, a person
-- has to look at it again.
ALTER TABLE {{database}}.order_ledger {{on_cluster}}
  ADD COLUMN IF NOT EXISTS rejected_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai')))
    COMMENT '最近有记录被拒的时间（北京时间）；迁移 017 之前的为空'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_from_rejections {{on_cluster}}
TO {{database}}.order_ledger (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  rejected_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最近有记录被拒的时间（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account,
  order_no,
  revision,
  toNullable(max(at)) AS rejected_at
FROM {{database}}.order_events
WHERE stage = 'REJECTED'
GROUP BY account, order_no, revision
COMMENT '内部：由 order_events 写入 order_ledger'
;

-- The one definition of a closure that holds. Only orders that are FAILED or INCOMPLETE need one, which readers have to check.
CREATE VIEW IF NOT EXISTS {{database}}.order_closures_in_force {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '结案的解析轮次',
  closed_at DateTime64(3, 'Asia/Shanghai') COMMENT '结案时间（北京时间）',
  closed_day Date COMMENT '结案日期（北京时间）',
  closed_by String COMMENT '【个人信息】结案人',
  reason String COMMENT '【个人信息】结案理由，人工填写'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  c.account AS account,
  c.order_no AS order_no,
  c.revision AS revision,
  c.closed_at AS closed_at,
  c.closed_day AS closed_day,
  c.closed_by AS closed_by,
  c.reason AS reason
FROM (SELECT * FROM {{database}}.order_closures FINAL) AS c
LEFT JOIN (
  SELECT account, order_no, revision, max(l.extracted_at) AS extracted_at, max(l.rejected_at) AS rejected_at
  FROM {{database}}.order_ledger AS l
  WHERE (account, order_no) IN (SELECT account, order_no FROM {{database}}.order_closures)
  GROUP BY account, order_no, revision
) AS outcome ON outcome.account = c.account AND outcome.order_no = c.order_no AND outcome.revision = c.revision
WHERE ifNull(c.closed_at >= outcome.extracted_at, true) AND ifNull(c.closed_at >= outcome.rejected_at, true)
COMMENT '仍然有效的人工结案：结案之后该解析轮次未再解析完成，也没有新的被拒记录'
;

-- A closure settles the letters of its revision for as long as it is in force, those of later attempts that failed too.
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
  FROM {{database}}.order_closures_in_force
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
  account LowCardinality(String) COMMENT '企查查账号标识',
  day Date COMMENT '日期（北京时间）',
  push_window String COMMENT '推送时段，如 09-11；other 为推送时段之外',
  window_start DateTime64(3, 'Asia/Shanghai') COMMENT '时段开始时间（北京时间）',
  window_end DateTime64(3, 'Asia/Shanghai') COMMENT '时段结束时间（北京时间，不含）',
  last_checked_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最近一次成功对账且带来新信息的时间（北京时间）；已定论的时段不再更新',
  last_checked_day Nullable(Date) COMMENT '最近一次成功对账的日期（北京时间）',
  orders_listed UInt64 COMMENT '企查查列出过的订单数',
  orders_complete UInt64 COMMENT '其中在台账中完整、或已由人工结案的订单数',
  complete Bool COMMENT '时段结束后已对账，且所列订单在台账中均完整或已由人工结案',
  order_nos Array(String) COMMENT '企查查列出过的订单号，按创建时间排列',
  verdict String COMMENT '结论：COMPLETE 完整；NOTHING_LISTED 时段结束后已对账，无订单；NOT_CHECKED 时段结束后尚未对账，或所列订单尚未全部完整或结案；GAP 存在未结案的缺口'
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
          AND (o.account, o.order_no, o.revision) IN (
            SELECT account, order_no, revision FROM {{database}}.order_closures_in_force
          )
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
