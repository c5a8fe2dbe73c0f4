-- What views need to know of the services' settings; the sink writes it at start.
CREATE TABLE IF NOT EXISTS {{database}}.service_settings {{on_cluster}} (
  name String COMMENT '设置名称，与环境变量同名',
  value String COMMENT '取值',
  updated_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '更新时间（北京时间）',
  updated_day Date DEFAULT toDate(updated_at) COMMENT '更新日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree(updated_at)}}
ORDER BY name
COMMENT '视图所依据的服务设置，由 sink 启动时写入'
;

CREATE TABLE IF NOT EXISTS {{database}}.dead_letter_actions {{on_cluster}} (
  dead_letter_id String COMMENT '死信标识：主题/分区/位点',
  account LowCardinality(Nullable(String)) COMMENT '企查查账号标识，未知时为空',
  action LowCardinality(String) COMMENT '处理方式：REPLAYED 已重放',
  at DateTime64(3, 'Asia/Shanghai') COMMENT '处理时间（北京时间）',
  at_day Date DEFAULT toDate(at) COMMENT '处理日期（北京时间）',
  order_no Nullable(String) COMMENT '为此重放的订单号；重放的是原消息时为空',
  source_topic LowCardinality(String) COMMENT '来源 Kafka 主题',
  source_partition UInt32 COMMENT '来源 Kafka 分区',
  source_offset UInt64 COMMENT '来源 Kafka 位点',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '消息写入 Kafka 的时间（北京时间）',
  source_day Date DEFAULT toDate(source_time) COMMENT '消息写入 Kafka 的日期（北京时间）',
  ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）',
  ingested_day Date DEFAULT toDate(ingested_at) COMMENT '写入 ClickHouse 的日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree(at)}}
ORDER BY dead_letter_id
COMMENT '死信的处理记录，由 dead-letter-actions 主题写入'
;

ALTER TABLE {{database}}.dead_letters {{on_cluster}}
  COMMENT COLUMN value_encoding 'value 的编码：utf8 为原文，base64 为二进制，digest 为代替原文的长度、哈希与位置'
;

CREATE VIEW IF NOT EXISTS {{database}}.dead_letters_open {{on_cluster}} (
{{columns dead_letter}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH concat(source_topic, '/', toString(source_partition), '/', toString(source_offset)) AS letter_id
SELECT
  letter_id AS id, ifNull(rejected_at, source_time) AS rejected_at, toDate(ifNull(l.rejected_at, source_time)) AS rejected_day,
  stage, reason, message, origin_topic, origin_partition, origin_offset, account, order_no, revision, position,
  key, value, value_encoding, bytes
FROM {{database}}.dead_letters AS l FINAL
WHERE letter_id NOT IN (SELECT dead_letter_id FROM {{database}}.dead_letter_actions)
  AND (ifNull(account, ''), ifNull(order_no, ''), ifNull(revision, 0), ifNull(toInt64(position), -1)) NOT IN (
    SELECT account, order_no, revision, toInt64(position) FROM {{database}}.order_discards
  )
COMMENT '待处理的死信：尚未重放，也未被人工放弃'
;

-- As before, and: what is not stored whole in time is INCOMPLETE for the reason OVERDUE. The time begins with the last
-- attempt: an order that failed long ago and is fetched again is not overdue from the start.
CREATE OR REPLACE VIEW {{database}}.orders {{on_cluster}} (
{{columns order_overdue}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
  (
    SELECT ifNull(toUInt64OrNull(argMax(value, updated_at)), 1800000)
    FROM {{database}}.service_settings WHERE name = 'ORDER_DEADLINE_MS'
  ) AS deadline_ms,
  bitmapOr(stored_set, bitmapAnd(rejected_set, discarded_set)) AS accounted_set,
  bitmapOrCardinality(parsed_set, rejected_set) AS seen,
  bitmapAndnotCardinality(parsed_set, bitmapOr(stored_set, rejected_set)) AS unstored,
  bitmapAndnotCardinality(rejected_set, accounted_set) AS undecided,
  ifNull(declared_last, 4294967295) != seen AS mismatch,
  extracting_at IS NOT NULL OR extracted_at IS NOT NULL OR seen > 0 OR stored > 0 AS begun,
  greatest(ifNull(received_at, extracting_at), ifNull(extracting_at, received_at)) AS started_at,
  multiIf(
    extracted_at IS NOT NULL AND unstored > 0, 'STORING',
    extracted_at IS NOT NULL AND (mismatch OR undecided > 0), 'INCOMPLETE',
    extracted_at IS NOT NULL AND pending_details > 0, 'DETAILS_PENDING',
    extracted_at IS NOT NULL, 'COMPLETE',
    failed_at IS NOT NULL AND failed_at >= ifNull(extracting_at, failed_at), 'FAILED',
    begun, 'EXTRACTING',
    'RECEIVED'
  ) AS progress,
  progress IN ('RECEIVED', 'EXTRACTING', 'STORING')
    AND ifNull(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(started_at) > deadline_ms, false) AS overdue
SELECT
  account,
  order_no,
  revision,
  source_first AS source,
  ifNull(unconfirmed_last, false) AND listed_at IS NULL AS unconfirmed,
  received_at,
  toDate(received_at) AS received_day,
  extracted_at,
  toDate(extracted_at) AS extracted_day,
  if(status = 'COMPLETE', greatest(extracted_at, ifNull(progressed_at, extracted_at)), NULL) AS completed_at,
  toDate(completed_at) AS completed_day,
  push_date_last AS push_date,
  toDate(push_date_last) AS push_day,
  archive_sha256_last AS archive_sha256,
  declared_last AS declared,
  bitmapCardinality(parsed_set) AS parsed,
  bitmapCardinality(rejected_set) AS rejected,
  bitmapCardinality(discarded_set) AS discarded,
  bitmapCardinality(stored_set) AS stored,
  bitmapAndnotCardinality(stored_set, settled_set) AS pending_details,
  if(overdue, 'INCOMPLETE', progress) AS status,
  multiIf(
    status = 'FAILED', reason_last,
    overdue, 'OVERDUE',
    status = 'INCOMPLETE' AND mismatch, 'COUNT_MISMATCH',
    status = 'INCOMPLETE', 'RECORDS_REJECTED',
    NULL
  ) AS reason,
  if(
    begun AND status NOT IN ('COMPLETE', 'FAILED'),
    bitmapToArray(bitmapAndnot(bitmapBuild(range(ifNull(declared_last, toUInt32(0)))), accounted_set)),
    []
  ) AS missing
FROM (
  SELECT
    account,
    order_no,
    revision,
    groupBitmapMergeState(parsed) AS parsed_set,
    groupBitmapMergeState(rejected) AS rejected_set,
    groupBitmapMergeState(discarded) AS discarded_set,
    groupBitmapMergeState(stored) AS stored_set,
    groupBitmapMergeState(settled) AS settled_set,
    argMaxMerge(declared) AS declared_last,
    argMaxMerge(push_date) AS push_date_last,
    argMaxMerge(archive_sha256) AS archive_sha256_last,
    argMinMerge(source) AS source_first,
    argMaxMerge(unconfirmed) AS unconfirmed_last,
    argMaxMerge(reason) AS reason_last,
    min(l.received_at) AS received_at,
    min(l.listed_at) AS listed_at,
    max(l.extracting_at) AS extracting_at,
    max(l.extracted_at) AS extracted_at,
    max(l.failed_at) AS failed_at,
    max(l.progressed_at) AS progressed_at
  FROM {{database}}.order_ledger AS l
  GROUP BY account, order_no, revision
  ORDER BY account, order_no, revision DESC
  LIMIT 1 BY account, order_no
)
COMMENT '订单台账：每个账号与订单号一行，取最新解析轮次'
;
