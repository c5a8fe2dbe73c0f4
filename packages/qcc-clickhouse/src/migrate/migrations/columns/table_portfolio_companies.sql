  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  kind LowCardinality(String) COMMENT '与客户相同的是：CREDIT_CODE 统一社会信用代码、REG_NO 注册号、NAME 名称、FORMER_NAME 更名记录中的原名称',
  value String COMMENT '【个人信息】相同的取值，同 company_identities',
  added_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) COMMENT '最近一次因推送而加入的时间（北京时间）；导入名单时整理的为 1970-01-01',
  first_added_at SimpleAggregateFunction(min, DateTime64(3, 'Asia/Shanghai')) COMMENT '首次加入的时间（北京时间）；导入名单时整理的为 1970-01-01'
