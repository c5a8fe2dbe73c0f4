-- Entries as they came: absolute counts, the newest entry of a partition's day replaces those before it.
CREATE TABLE IF NOT EXISTS {{database}}.detail_spend_entries {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  day Date COMMENT '调用日期（北京时间）',
  records_partition UInt32 COMMENT '计费分区：记录主题 records 的分区',
  reserved UInt32 COMMENT '已预留的调用次数，不少于已开始的次数',
  calls Array(Tuple(endpoint String, code String, count UInt32)) COMMENT '按接口与返回代码统计的调用次数',
  updated_at DateTime64(3, 'Asia/Shanghai') COMMENT '统计更新时间（北京时间）',
  updated_day Date DEFAULT toDate(updated_at) COMMENT '统计更新日期（北京时间）',
  source_topic LowCardinality(String) COMMENT '来源 Kafka 主题',
  source_partition UInt32 COMMENT '来源 Kafka 分区',
  source_offset UInt64 COMMENT '来源 Kafka 位点，同一分区内越大越新',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '消息写入 Kafka 的时间（北京时间）',
  source_day Date DEFAULT toDate(source_time) COMMENT '消息写入 Kafka 的日期（北京时间）',
  ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）',
  ingested_day Date DEFAULT toDate(ingested_at) COMMENT '写入 ClickHouse 的日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree(source_offset)}}
ORDER BY (account, day, records_partition)
COMMENT '详情接口调用统计的原始记录，由 detail-spend 主题写入，请查询视图 detail_spend'
;

-- QCC does not say what it bills: every page, every retry and every code counts here.
CREATE VIEW IF NOT EXISTS {{database}}.detail_spend {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  day Date COMMENT '调用日期（北京时间）',
  endpoint String COMMENT '详情接口名称；unknown 表示服务中断，未见到返回',
  code String COMMENT '返回代码：QCC_状态码、HTTP_状态码、TIMEOUT 超时、UNREACHABLE 无法连接等；ANSWER_LOST 表示服务中断，未见到返回',
  calls UInt64 COMMENT '调用次数，每页、每次重试各计一次',
  updated_at DateTime64(3, 'Asia/Shanghai') COMMENT '统计更新时间（北京时间）',
  updated_day Date COMMENT '统计更新日期（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account,
  day,
  call.endpoint AS endpoint,
  call.code AS code,
  sum(call.count) AS calls,
  max(entry.updated_at) AS updated_at,
  toDate(updated_at) AS updated_day
FROM {{database}}.detail_spend_entries AS entry FINAL
ARRAY JOIN entry.calls AS call
GROUP BY account, day, endpoint, code
{{columns closed_to_filters}}
COMMENT '详情接口调用统计：每个账号、日期、接口与返回代码一行'
;
