  account LowCardinality(String) COMMENT '企查查账号标识',
  kind LowCardinality(String) COMMENT '类别：CREDIT_CODE 统一社会信用代码、REG_NO 工商注册号、NAME 名称、FORMER_NAME 更名记录中的原名称',
  value String COMMENT '【个人信息】取值；名称已统一全角半角并去除空白',
  corp_key_no String COMMENT '企业 KeyNo',
  first_seen_at SimpleAggregateFunction(min, DateTime64(3, 'Asia/Shanghai')) COMMENT '首次推送时间（北京时间）',
  last_seen_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) COMMENT '最近推送时间（北京时间）'
