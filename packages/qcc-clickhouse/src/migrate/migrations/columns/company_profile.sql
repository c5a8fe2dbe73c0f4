  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  corp_name String COMMENT '【个人信息】最近推送的企业名称；个体工商户名称可能含自然人姓名',
  credit_code Nullable(String) COMMENT '【个人信息】统一社会信用代码，取自全部历史中校验位正确者；从未提供有效的时为空',
  reg_no Nullable(String) COMMENT '【个人信息】工商注册号，取自全部历史中 13 或 15 位者；从未提供有效的时为空',
  former_names Array(String) COMMENT '【个人信息】曾用名：以往推送的名称与更名记录中的原名称，最近的在前',
{{columns company_kind_and_place}}
