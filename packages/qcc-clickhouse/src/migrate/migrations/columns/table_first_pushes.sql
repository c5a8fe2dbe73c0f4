  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  id String COMMENT '变更记录 ID',
  first SimpleAggregateFunction(min, Tuple(push_date DateTime64(3, 'Asia/Shanghai'), order_no String, older UInt32, position UInt32)) COMMENT '首次推送：时间（北京时间）、订单号、4294967295 减解析轮次，以及位置',
  last SimpleAggregateFunction(max, Tuple(push_date DateTime64(3, 'Asia/Shanghai'), order_no String, older UInt32, position UInt32)) COMMENT '最近一次推送：时间（北京时间）、订单号、4294967295 减解析轮次，以及位置',
  revisions SimpleAggregateFunction(maxMap, Map(String, UInt64)) COMMENT '重放过的订单：订单号 → 该记录最新的解析轮次乘以 4294967296，加 4294967295，减去其中最小的位置；没有重放时为空'
