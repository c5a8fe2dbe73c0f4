  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  id String COMMENT '变更记录 ID',
  first SimpleAggregateFunction(min, Tuple(push_date DateTime64(3, 'Asia/Shanghai'), order_no String, position UInt32)) COMMENT '首次推送：时间（北京时间）、订单号与位置'
