  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  first_seen_at SimpleAggregateFunction(min, DateTime64(3, 'Asia/Shanghai')) COMMENT '首次推送时间（北京时间）',
  last_seen_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) COMMENT '最近推送时间（北京时间）',
  facts_last SimpleAggregateFunction(maxMap, Map(String, DateTime64(3, 'Asia/Shanghai'))) COMMENT '【个人信息】已知事实 → 最近推送时间；键为 NAME:名称、FORMER_NAME:更名前名称、CREDIT_CODE:校验位正确的信用代码、PSEUDONYM:假名、FAKE_STATE_OWNED:假冒国企的方向、FAKE_STATE_OWNED_DAY:同前（时间为更新日期）',
  credit_code_last SimpleAggregateFunction(max, String) COMMENT '【个人信息】最近推送的、校验位正确的信用代码，前 23 个字符为其推送时间（北京时间）；没有时为空字符串',
  reg_no_last SimpleAggregateFunction(max, String) COMMENT '【个人信息】最近推送的注册号，前 23 个字符为其推送时间（北京时间）；没有时为空字符串',
  revoked_last SimpleAggregateFunction(max, Tuple(rank UInt8, preference Int32, day Date32)) COMMENT '吊销或注销：日期的来源（3 附加信息、2 更新日期、1 推送日期、0 没有吊销或注销）、同一来源中的优先次序（数值大者为准：取最晚的日期，推送日期则取最早的）、日期（北京时间）'
