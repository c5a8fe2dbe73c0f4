  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  noted_at DateTime64(3, 'Asia/Shanghai') COMMENT '登记时间（北京时间）'
