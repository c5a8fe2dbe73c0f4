-- Facts as they came. The place on the topic is in the key: a redelivery replaces itself.
CREATE TABLE IF NOT EXISTS {{database}}.order_events {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次，0 为首次',
  stage LowCardinality(String) COMMENT '阶段：RECEIVED、EXTRACTING、PARSED、REJECTED、EXTRACTED、FAILED、DETAILS_PENDING、ENRICHED、STORED',
  at DateTime64(3, 'Asia/Shanghai') COMMENT '事件时间（北京时间）',
  at_day Date DEFAULT toDate(at) COMMENT '事件日期（北京时间）',
  positions Array(Tuple(first UInt32, last UInt32)) COMMENT '涉及的记录位置，闭区间列表',
  source LowCardinality(Nullable(String)) COMMENT '订单来源：callback 回调、reconcile 对账、replay 重放',
  push_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '推送时间（北京时间）',
  push_day Nullable(Date) DEFAULT toDate(push_date) COMMENT '推送日期（北京时间）',
  declared Nullable(UInt32) COMMENT '压缩包声明的记录总数（totalSize）',
  archive_sha256 Nullable(String) COMMENT '加密压缩包原文的 SHA-256',
  unconfirmed Bool COMMENT '压缩包来自回调链接，且订单号尚未被企查查订单列表确认',
  reason LowCardinality(Nullable(String)) COMMENT '失败原因代码（阶段为 FAILED 时）',
  source_topic LowCardinality(String) COMMENT '来源 Kafka 主题',
  source_partition UInt32 COMMENT '来源 Kafka 分区',
  source_offset UInt64 COMMENT '来源 Kafka 位点',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '消息写入 Kafka 的时间（北京时间）',
  source_day Date DEFAULT toDate(source_time) COMMENT '消息写入 Kafka 的日期（北京时间）',
  ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）',
  ingested_day Date DEFAULT toDate(ingested_at) COMMENT '写入 ClickHouse 的日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (account, order_no, revision, stage, at, source_partition, source_offset)
COMMENT '订单事件原始记录，由 order-events 主题写入'
;

CREATE TABLE IF NOT EXISTS {{database}}.order_discards {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次，0 为首次',
  position UInt32 COMMENT '被放弃的记录位置，从 0 起',
  reason String COMMENT '放弃原因',
  discarded_by String COMMENT '【个人信息】决定放弃的人',
  discarded_at DateTime64(3, 'Asia/Shanghai') COMMENT '放弃时间（北京时间）',
  discarded_day Date DEFAULT toDate(discarded_at) COMMENT '放弃日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree(discarded_at)}}
ORDER BY (account, order_no, revision, position)
COMMENT '人工放弃的被拒记录，一行一个位置'
;

-- The ledger holds sets of positions and extremes only, nothing that adds up: whatever comes again, in whatever batches,
-- changes nothing. It outlives the rows it counts.
CREATE TABLE IF NOT EXISTS {{database}}.order_ledger {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次，0 为首次',
  parsed AggregateFunction(groupBitmap, UInt32) COMMENT '解析成功的位置集合',
  rejected AggregateFunction(groupBitmap, UInt32) COMMENT '被拒的位置集合',
  discarded AggregateFunction(groupBitmap, UInt32) COMMENT '人工放弃的位置集合',
  stored AggregateFunction(groupBitmap, UInt32) COMMENT '已入库的位置集合，清理后仍计入',
  settled AggregateFunction(groupBitmap, UInt32) COMMENT '详情已有定论的位置集合',
  declared AggregateFunction(argMax, Nullable(UInt32), DateTime64(3, 'Asia/Shanghai')) COMMENT '声明的记录总数，最新值',
  push_date AggregateFunction(argMax, Nullable(DateTime64(3, 'Asia/Shanghai')), DateTime64(3, 'Asia/Shanghai')) COMMENT '推送时间，最新值',
  archive_sha256 AggregateFunction(argMax, Nullable(String), DateTime64(3, 'Asia/Shanghai')) COMMENT '压缩包 SHA-256，最新值',
  source AggregateFunction(argMin, Nullable(String), DateTime64(3, 'Asia/Shanghai')) COMMENT '最早的订单来源',
  unconfirmed AggregateFunction(argMax, Nullable(Bool), DateTime64(3, 'Asia/Shanghai')) COMMENT '是否未确认，解析阶段的最新值',
  reason AggregateFunction(argMax, Nullable(String), DateTime64(3, 'Asia/Shanghai')) COMMENT '失败原因代码，最新值',
  received_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT '最早收到的时间（北京时间）',
  listed_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT '最早由对账在订单列表中发现的时间（北京时间）',
  extracting_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT '最近开始发布的时间（北京时间）',
  extracted_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT '全部发布的时间（北京时间）',
  failed_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT '最近失败的时间（北京时间）',
  progressed_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai'))) COMMENT '最近一条记录发布或放弃的时间（北京时间）'
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, order_no, revision)
COMMENT '订单台账的聚合状态，请查询视图 orders'
;

-- Facts and sets arrive in one row: an order is never seen as extracted before its positions.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_from_events {{on_cluster}}
TO {{database}}.order_ledger (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  parsed AggregateFunction(groupBitmap, UInt32) COMMENT '解析成功的位置集合',
  rejected AggregateFunction(groupBitmap, UInt32) COMMENT '被拒的位置集合',
  declared AggregateFunction(argMax, Nullable(UInt32), DateTime64(3, 'Asia/Shanghai')) COMMENT '声明的记录总数',
  push_date AggregateFunction(argMax, Nullable(DateTime64(3, 'Asia/Shanghai')), DateTime64(3, 'Asia/Shanghai')) COMMENT '推送时间',
  archive_sha256 AggregateFunction(argMax, Nullable(String), DateTime64(3, 'Asia/Shanghai')) COMMENT '压缩包 SHA-256',
  source AggregateFunction(argMin, Nullable(String), DateTime64(3, 'Asia/Shanghai')) COMMENT '最早的订单来源',
  unconfirmed AggregateFunction(argMax, Nullable(Bool), DateTime64(3, 'Asia/Shanghai')) COMMENT '是否未确认',
  reason AggregateFunction(argMax, Nullable(String), DateTime64(3, 'Asia/Shanghai')) COMMENT '失败原因代码',
  received_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最早收到的时间（北京时间）',
  listed_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最早由对账发现的时间（北京时间）',
  extracting_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最近开始发布的时间（北京时间）',
  extracted_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '全部发布的时间（北京时间）',
  failed_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最近失败的时间（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
  CAST(arrayFlatten(arrayMap(r -> range(r.first, r.last + 1), positions)) AS Array(UInt32)) AS expanded,
  CAST([] AS Array(UInt32)) AS none
SELECT
  account,
  order_no,
  revision,
  groupBitmapMergeState(bitmapBuild(if(stage = 'PARSED', expanded, none))) AS parsed,
  groupBitmapMergeState(bitmapBuild(if(stage = 'REJECTED', expanded, none))) AS rejected,
  argMaxState(e.declared, at) AS declared,
  argMaxState(e.push_date, at) AS push_date,
  argMaxState(e.archive_sha256, at) AS archive_sha256,
  argMinState(CAST(e.source AS Nullable(String)), at) AS source,
  argMaxState(if(stage IN ('EXTRACTING', 'EXTRACTED'), e.unconfirmed, NULL), at) AS unconfirmed,
  argMaxState(if(stage = 'FAILED', CAST(e.reason AS Nullable(String)), NULL), at) AS reason,
  min(if(stage = 'RECEIVED', at, NULL)) AS received_at,
  min(if(e.source = 'reconcile', at, NULL)) AS listed_at,
  max(if(stage = 'EXTRACTING', at, NULL)) AS extracting_at,
  max(if(stage = 'EXTRACTED', at, NULL)) AS extracted_at,
  max(if(stage = 'FAILED', at, NULL)) AS failed_at
FROM {{database}}.order_events AS e
GROUP BY account, order_no, revision
COMMENT '内部：由 order_events 写入 order_ledger'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_from_records {{on_cluster}}
TO {{database}}.order_ledger (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  stored AggregateFunction(groupBitmap, UInt32) COMMENT '已入库的位置集合',
  settled AggregateFunction(groupBitmap, UInt32) COMMENT '详情已有定论的位置集合',
  progressed_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最近一条记录发布的时间（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account,
  order_no,
  revision,
  groupBitmapState(position) AS stored,
  groupBitmapStateIf(position, detail_status != 'PENDING') AS settled,
  max(source_time) AS progressed_at
FROM {{database}}.record_history
GROUP BY account, order_no, revision
COMMENT '内部：由 record_history 写入 order_ledger'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_from_discards {{on_cluster}}
TO {{database}}.order_ledger (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  discarded AggregateFunction(groupBitmap, UInt32) COMMENT '人工放弃的位置集合',
  progressed_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最近一次放弃的时间（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account,
  order_no,
  revision,
  groupBitmapState(position) AS discarded,
  max(discarded_at) AS progressed_at
FROM {{database}}.order_discards
GROUP BY account, order_no, revision
COMMENT '内部：由 order_discards 写入 order_ledger'
;
