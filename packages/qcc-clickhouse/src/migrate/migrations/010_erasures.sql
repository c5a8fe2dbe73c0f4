-- Who decided what, as it came. The subject stands nowhere: its id is a keyed hash.
CREATE TABLE IF NOT EXISTS {{database}}.erasures {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  id String COMMENT '删除标识：删除对象的带密钥哈希，不含其名称',
  about LowCardinality(String) COMMENT '删除对象：COMPANY 企业的全部记录、PERSON 自然人姓名、PERSON_IN_COMPANY 某企业记录中的自然人姓名',
  at DateTime64(3, 'Asia/Shanghai') COMMENT '决定删除的时间（北京时间）',
  at_day Date DEFAULT toDate(at) COMMENT '决定删除的日期（北京时间）',
  reason String COMMENT '【个人信息】删除原因，人工填写',
  decided_by String COMMENT '【个人信息】决定删除的人',
  source_topic LowCardinality(String) COMMENT '来源 Kafka 主题',
  source_partition UInt32 COMMENT '来源 Kafka 分区',
  source_offset UInt64 COMMENT '来源 Kafka 位点',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '消息写入 Kafka 的时间（北京时间）',
  source_day Date DEFAULT toDate(source_time) COMMENT '消息写入 Kafka 的日期（北京时间）',
  ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）',
  ingested_day Date DEFAULT toDate(ingested_at) COMMENT '写入 ClickHouse 的日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (account, id, at)
COMMENT '个人信息删除记录，由 erasures 主题写入'
;

CREATE TABLE IF NOT EXISTS {{database}}.erased_occurrences {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次，0 为首次',
  position UInt32 COMMENT '记录在压缩包 result 数组中的位置，从 0 起',
  erasure_id String COMMENT '删除标识，见 erasures',
  extent LowCardinality(String) COMMENT '删除范围：RECORD 整条记录、NAME 仅姓名',
  erased_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '删除时间（北京时间）',
  erased_day Date DEFAULT toDate(erased_at) COMMENT '删除日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (account, order_no, revision, position, erasure_id)
COMMENT '已删除或不予入库的记录，一行一个位置，不含内容'
;

-- What is erased, or kept out because it was, is accounted for: the order stays, or becomes, complete.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_from_erased {{on_cluster}}
TO {{database}}.order_ledger (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  stored AggregateFunction(groupBitmap, UInt32) COMMENT '已入库的位置集合，含已删除的',
  settled AggregateFunction(groupBitmap, UInt32) COMMENT '详情已有定论的位置集合，含已删除的'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account,
  order_no,
  revision,
  groupBitmapStateIf(position, extent = 'RECORD') AS stored,
  groupBitmapStateIf(position, extent = 'RECORD') AS settled
FROM {{database}}.erased_occurrences
GROUP BY account, order_no, revision
COMMENT '内部：由 erased_occurrences 写入 order_ledger'
;
