  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  corp_name String COMMENT '企业名称；个体工商户仅保留首字，其余以 ※ 与假名代替',
  credit_code Nullable(String) COMMENT '统一社会信用代码；从未提供有效的或为个体工商户时为空',
  reg_no Nullable(String) COMMENT '工商注册号；从未提供有效的或为个体工商户时为空',
  former_names Array(String) COMMENT '曾用名，最近的在前；个体工商户为空，不像企业名称的不提供',
{{columns company_kind_and_place}}
