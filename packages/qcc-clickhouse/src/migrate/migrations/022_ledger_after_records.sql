-- The ledger counts a row only after record_current has it. Two views of one table write in no promised order: an order could be
-- COMPLETE before its records were visible. One view after the other writes in their order. Both views exist for a moment,
-- which adds nothing to sets of positions.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_from_current {{on_cluster}}
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
FROM {{database}}.record_current
GROUP BY account, order_no, revision
COMMENT '内部：由 record_current 写入 order_ledger'
;

DROP VIEW IF EXISTS {{database}}.order_ledger_from_records {{on_cluster}} SYNC
;
