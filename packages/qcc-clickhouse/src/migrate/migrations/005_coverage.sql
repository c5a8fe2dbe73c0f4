-- Facts as they came. The place on the topic is in the key: a redelivery replaces itself.
CREATE TABLE IF NOT EXISTS {{database}}.coverage_facts {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  kind LowCardinality(String) COMMENT '类型：CHECKED 已对账、ACTIVATED 已重新激活回调、GAP 发现缺口、GAP_CLOSED 缺口已由人工结案',
  at DateTime64(3, 'Asia/Shanghai') COMMENT '事件时间（北京时间）',
  at_day Date DEFAULT toDate(at) COMMENT '事件日期（北京时间）',
  day Nullable(Date) COMMENT '对账所属日期（北京时间）',
  push_window LowCardinality(Nullable(String)) COMMENT '推送时段，如 09-11；other 为推送时段之外',
  window_start Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '时段开始时间（北京时间）',
  window_end Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '时段结束时间（北京时间，不含）',
  orders Array(Tuple(order_no String, create_date Nullable(DateTime64(3, 'Asia/Shanghai')))) COMMENT '截至本次对账企查查在该时段列出过的订单：订单号与创建时间',
  covered Bool COMMENT '订单列表（连同此前各次）追溯到时段开始',
  closed Bool COMMENT '对账时间晚于时段结束加宽限',
  complete Bool COMMENT '已覆盖、已结束，且所列订单均已解析完毕',
  push_windows Array(UInt8) COMMENT '对账时设定的推送时段开始小时',
  gap Nullable(String) COMMENT '缺口标识',
  gap_after Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '缺失订单的创建时间晚于此时（北京时间）',
  gap_before Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '缺失订单的创建时间不晚于此时（北京时间）',
  reason Nullable(String) COMMENT '激活或结案的原因',
  result LowCardinality(Nullable(String)) COMMENT '激活结果代码',
  decided_by Nullable(String) COMMENT '【个人信息】结案人',
  source_topic LowCardinality(String) COMMENT '来源 Kafka 主题',
  source_partition UInt32 COMMENT '来源 Kafka 分区',
  source_offset UInt64 COMMENT '来源 Kafka 位点',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '消息写入 Kafka 的时间（北京时间）',
  source_day Date DEFAULT toDate(source_time) COMMENT '消息写入 Kafka 的日期（北京时间）',
  ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）',
  ingested_day Date DEFAULT toDate(ingested_at) COMMENT '写入 ClickHouse 的日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (account, kind, at, source_partition, source_offset)
COMMENT '订单对账与缺口的事实记录，由 coverage 主题写入'
;

CREATE VIEW IF NOT EXISTS {{database}}.coverage_gaps {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  gap String COMMENT '缺口标识：缺口前最后与缺口后最早的已知订单号',
  gap_after DateTime64(3, 'Asia/Shanghai') COMMENT '缺失订单的创建时间晚于此时（北京时间）',
  after_day Date COMMENT '缺口开始日期（北京时间）',
  gap_before DateTime64(3, 'Asia/Shanghai') COMMENT '缺失订单的创建时间不晚于此时（北京时间）',
  before_day Date COMMENT '缺口结束日期（北京时间）',
  found_at DateTime64(3, 'Asia/Shanghai') COMMENT '发现时间（北京时间）',
  found_day Date COMMENT '发现日期（北京时间）',
  is_open Bool COMMENT '尚无人结案',
  closed_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '结案时间（北京时间）',
  closed_day Nullable(Date) COMMENT '结案日期（北京时间）',
  closed_by Nullable(String) COMMENT '【个人信息】结案人',
  reason Nullable(String) COMMENT '结案理由'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  found.account AS account,
  assumeNotNull(found.gap) AS gap,
  assumeNotNull(argMin(found.gap_after, found.at)) AS gap_after,
  toDate(gap_after) AS after_day,
  assumeNotNull(argMin(found.gap_before, found.at)) AS gap_before,
  toDate(gap_before) AS before_day,
  min(found.at) AS found_at,
  toDate(found_at) AS found_day,
  CAST(closed_at IS NULL AS Bool) AS is_open,
  any(decision.closed_at) AS closed_at,
  toDate(closed_at) AS closed_day,
  any(decision.closed_by) AS closed_by,
  any(decision.reason) AS reason
FROM {{database}}.coverage_facts AS found
LEFT JOIN (
  SELECT
    account,
    gap,
    toNullable(min(at)) AS closed_at,
    argMin(decided_by, at) AS closed_by,
    argMin(reason, at) AS reason
  FROM {{database}}.coverage_facts
  WHERE kind = 'GAP_CLOSED'
  GROUP BY account, gap
) AS decision ON decision.account = found.account AND decision.gap = found.gap
WHERE found.kind = 'GAP'
GROUP BY found.account, found.gap
COMMENT '订单列表的缺口：其间可能有订单未被看到便已移出最近 30 笔，数量未知，仅能由人工结案'
;

CREATE VIEW IF NOT EXISTS {{database}}.coverage {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  day Date COMMENT '日期（北京时间）',
  push_window String COMMENT '推送时段，如 09-11；other 为推送时段之外',
  window_start DateTime64(3, 'Asia/Shanghai') COMMENT '时段开始时间（北京时间）',
  window_end DateTime64(3, 'Asia/Shanghai') COMMENT '时段结束时间（北京时间，不含）',
  last_checked_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最近一次成功对账且带来新信息的时间（北京时间）；已定论的时段不再更新',
  last_checked_day Nullable(Date) COMMENT '最近一次成功对账的日期（北京时间）',
  orders_listed UInt64 COMMENT '企查查列出过的订单数',
  orders_complete UInt64 COMMENT '其中在台账中完整的订单数',
  complete Bool COMMENT '时段结束后已对账，且所列订单在台账中均完整',
  order_nos Array(String) COMMENT '企查查列出过的订单号，按创建时间排列',
  verdict String COMMENT '结论：COMPLETE 完整；NOTHING_LISTED 时段结束后已对账，无订单；NOT_CHECKED 时段结束后尚未对账，或所列订单尚未全部完整；GAP 存在未结案的缺口'
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
      countIf(o.status = 'COMPLETE') AS orders_complete
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
