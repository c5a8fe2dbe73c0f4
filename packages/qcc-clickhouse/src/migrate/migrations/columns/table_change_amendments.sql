  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  id String COMMENT '变更记录 ID',
  noted_at DateTime64(3, 'Asia/Shanghai') COMMENT '登记时间（北京时间）'
