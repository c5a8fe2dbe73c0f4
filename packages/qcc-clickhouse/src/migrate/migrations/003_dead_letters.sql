CREATE TABLE IF NOT EXISTS {{database}}.dead_letters {{on_cluster}} (
  source_topic LowCardinality(String) COMMENT '死信 Kafka 主题',
  source_partition UInt32 COMMENT '死信 Kafka 分区',
  source_offset UInt64 COMMENT '死信 Kafka 位点',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '写入死信主题的时间（北京时间）',
  source_day Date DEFAULT toDate(source_time) COMMENT '写入死信主题的日期（北京时间）',
  stage LowCardinality(String) COMMENT '拒绝该消息的环节',
  reason LowCardinality(String) COMMENT '原因代码',
  message String COMMENT '【个人信息】原因说明，可能引用原文',
  rejected_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '被拒的时间（北京时间）',
  rejected_day Nullable(Date) DEFAULT toDate(rejected_at) COMMENT '被拒的日期（北京时间）',
  origin_topic LowCardinality(String) COMMENT '原消息的主题',
  origin_partition Nullable(UInt32) COMMENT '原消息的分区',
  origin_offset Nullable(UInt64) COMMENT '原消息的位点',
  account LowCardinality(Nullable(String)) COMMENT '企查查账号标识，未知时为空',
  order_no Nullable(String) COMMENT '推送订单号，未知时为空',
  revision Nullable(UInt32) COMMENT '解析轮次，不适用时为空',
  position Nullable(UInt32) COMMENT '记录在压缩包中的位置，不适用时为空',
  key Nullable(String) COMMENT '原消息的键',
  value Nullable(String) COMMENT '【个人信息】原消息内容；超过 256 KiB 时为其长度、哈希与位置的 JSON',
  value_encoding LowCardinality(String) COMMENT 'value 的编码：utf8 为原文，base64 为二进制',
  bytes UInt64 COMMENT '死信内容的字节数',
  ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）',
  ingested_day Date DEFAULT toDate(ingested_at) COMMENT '写入 ClickHouse 的日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (source_topic, source_partition, source_offset)
COMMENT '死信：无法处理的消息及原因，由 dead-letters 主题写入'
;
