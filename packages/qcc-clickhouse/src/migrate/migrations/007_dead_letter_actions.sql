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

-- An order that failed and was extracted after that needs nobody any more.
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
FROM (SELECT * FROM {{database}}.dead_letters FINAL) AS l
LEFT JOIN (
  SELECT account, order_no, max(extracted_at) AS extracted_at FROM {{database}}.order_ledger GROUP BY account, order_no
) AS extracted ON extracted.account = ifNull(l.account, '') AND extracted.order_no = ifNull(l.order_no, '')
WHERE letter_id NOT IN (SELECT dead_letter_id FROM {{database}}.dead_letter_actions)
  AND (ifNull(account, ''), ifNull(order_no, ''), ifNull(revision, 0), ifNull(toInt64(position), -1)) NOT IN (
    SELECT account, order_no, revision, toInt64(position) FROM {{database}}.order_discards
  )
  AND NOT ifNull(stage = 'archive-extractor' AND position IS NULL AND extracted.extracted_at > ifNull(l.rejected_at, source_time), false)
COMMENT '待处理的死信：尚未重放，也未被人工放弃，且其订单此后未成功解析'
;
