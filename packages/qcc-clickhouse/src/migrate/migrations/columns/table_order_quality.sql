  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次，0 为首次',
  kind LowCardinality(String) COMMENT '类别：详情状态，或数据质量问题，见视图 data_quality',
  positions AggregateFunction(groupBitmap, UInt32) COMMENT '记录位置集合',
  repaired AggregateFunction(groupBitmap, UInt32) COMMENT '曾以没有该问题的详情写入的记录位置集合，这些位置不再计为有问题'
