-- The masked views show the first character of a 个体工商户's name, followed by its pseudonym, so that readers can distinguish several of
-- them. They also show changes of a company's name. The views of details have the pseudonym as their last column.

-- These columns store whether a row is masked, and what the masked views show of its text. When the views computed this, a question about one
-- id or company spent more time on planning these expressions than on reading the rows.
-- A migration that changes these rules must fill these columns again, and those of change_log and portfolio_members.
ALTER TABLE {{database}}.record_current {{on_cluster}}
{{columns stored_shown}}
;

ALTER TABLE {{database}}.record_history {{on_cluster}}
{{columns stored_shown}}
;

CREATE OR REPLACE VIEW {{database}}.records_masked {{on_cluster}} (
{{columns pseudonymous_record}},
  details_complete Nullable(Bool) COMMENT '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查',
  details_incomplete_reason LowCardinality(Nullable(String)) COMMENT '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去',
  details_odd_rows UInt32 COMMENT '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS {{columns pseudonymous_change}},
  details_complete, details_incomplete_reason, details_odd_rows
FROM {{database}}.record_current FINAL
{{columns view_settings}}
COMMENT '变更记录当前状态（已脱敏，供分析师使用）：每个账号与记录 ID 一行'
;

CREATE OR REPLACE VIEW {{database}}.record_history_masked {{on_cluster}} (
{{columns pseudonymous_record}},
  details_complete Nullable(Bool) COMMENT '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查',
  details_incomplete_reason LowCardinality(Nullable(String)) COMMENT '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去',
  details_odd_rows UInt32 COMMENT '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS {{columns pseudonymous_change}},
  details_complete, details_incomplete_reason, details_odd_rows
FROM {{database}}.record_history FINAL
{{columns view_settings}}
COMMENT '变更记录全部历史（已脱敏，供分析师使用）：每次推送中的每条记录一行'
;

CREATE OR REPLACE VIEW {{database}}.exceptions {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  record_id String COMMENT '所属变更记录 ID，对应 records.id',
  corp_key_no String COMMENT '企业 KeyNo',
  corp_name Nullable(String) COMMENT '【个人信息】企业名称；个体工商户名称可能含自然人姓名',
  credit_code Nullable(String) COMMENT '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  type LowCardinality(String) COMMENT '监测类型代码，见 change_types',
  category LowCardinality(Nullable(String)) COMMENT '监测级别代码，1 为最高风险',
  order_no String COMMENT '推送订单号',
  push_date DateTime64(3, 'Asia/Shanghai') COMMENT '推送时间（北京时间）',
  push_day Date COMMENT '推送日期（北京时间）',
  details_fetched_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '详情的查询时间（北京时间）',
  details_fetched_day Nullable(Date) COMMENT '详情的查询日期（北京时间）',
  detail_no UInt32 COMMENT '在该记录详情中的序号，从 1 起',
  add_reason Nullable(String) COMMENT '【个人信息】列入经营异常名录原因',
  add_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '列入时间（北京时间）；未提供时为空',
  add_day Nullable(Date32) COMMENT '列入日期（北京时间）',
  remove_reason Nullable(String) COMMENT '【个人信息】移出经营异常名录原因；未移出时为空',
  remove_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '移出时间（北京时间）；未移出时为空',
  remove_day Nullable(Date32) COMMENT '移出日期（北京时间）',
  decision_office Nullable(String) COMMENT '作出决定机关',
  remove_decision_office Nullable(String) COMMENT '移除决定机关',
  add_date_raw Nullable(String) COMMENT '【个人信息】列入日期，企查查原文；未提供或为 0 时为空',
  remove_date_raw Nullable(String) COMMENT '【个人信息】移出日期，企查查原文；未提供或为 0 时为空',
  extra Nullable(String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  owner_pseudonym Nullable(String) COMMENT '企业的带密钥假名：由 sink 按账号与企业 KeyNo 计算（HMAC-SHA256），用于在脱敏视图中区分个体工商户；未设置 PSEUDONYM_KEY 或由早期版本写入时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns exceptions_of_records}}
COMMENT '经营异常详情，取各记录的当前版本，每条详情一行'
;

CREATE OR REPLACE VIEW {{database}}.abnormal_operations {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  record_id String COMMENT '所属变更记录 ID，对应 records.id',
  corp_key_no String COMMENT '企业 KeyNo',
  corp_name Nullable(String) COMMENT '【个人信息】企业名称；个体工商户名称可能含自然人姓名',
  credit_code Nullable(String) COMMENT '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  type LowCardinality(String) COMMENT '监测类型代码，见 change_types',
  category LowCardinality(Nullable(String)) COMMENT '监测级别代码，1 为最高风险',
  order_no String COMMENT '推送订单号',
  push_date DateTime64(3, 'Asia/Shanghai') COMMENT '推送时间（北京时间）',
  push_day Date COMMENT '推送日期（北京时间）',
  details_fetched_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '详情的查询时间（北京时间）',
  details_fetched_day Nullable(Date) COMMENT '详情的查询日期（北京时间）',
  detail_no UInt32 COMMENT '在该记录详情中的序号，从 1 起',
  add_reason Nullable(String) COMMENT '【个人信息】列入经营异常名录原因',
  add_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '列入时间（北京时间）；未提供时为空',
  add_day Nullable(Date32) COMMENT '列入日期（北京时间）',
  remove_reason Nullable(String) COMMENT '【个人信息】移出经营异常名录原因；未移出时为空',
  remove_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '移出时间（北京时间）；未移出时为空',
  remove_day Nullable(Date32) COMMENT '移出日期（北京时间）',
  decision_office Nullable(String) COMMENT '作出决定机关',
  remove_decision_office Nullable(String) COMMENT '移除决定机关',
  add_date_raw Nullable(String) COMMENT '【个人信息】列入日期，企查查原文；未提供或为 0 时为空',
  remove_date_raw Nullable(String) COMMENT '【个人信息】移出日期，企查查原文；未提供或为 0 时为空',
  extra Nullable(String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  owner_pseudonym Nullable(String) COMMENT '企业的带密钥假名：由 sink 按账号与企业 KeyNo 计算（HMAC-SHA256），用于在脱敏视图中区分个体工商户；未设置 PSEUDONYM_KEY 或由早期版本写入时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.exceptions
COMMENT '经营异常详情，与 exceptions 相同'
;

CREATE OR REPLACE VIEW {{database}}.serious_violations {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  record_id String COMMENT '所属变更记录 ID，对应 records.id',
  corp_key_no String COMMENT '企业 KeyNo',
  corp_name Nullable(String) COMMENT '【个人信息】企业名称；个体工商户名称可能含自然人姓名',
  credit_code Nullable(String) COMMENT '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  type LowCardinality(String) COMMENT '监测类型代码，见 change_types',
  category LowCardinality(Nullable(String)) COMMENT '监测级别代码，1 为最高风险',
  order_no String COMMENT '推送订单号',
  push_date DateTime64(3, 'Asia/Shanghai') COMMENT '推送时间（北京时间）',
  push_day Date COMMENT '推送日期（北京时间）',
  details_fetched_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '详情的查询时间（北京时间）',
  details_fetched_day Nullable(Date) COMMENT '详情的查询日期（北京时间）',
  detail_no UInt32 COMMENT '在该记录详情中的序号，从 1 起',
  add_date Nullable(Date32) COMMENT '列入日期（北京时间）',
  add_office Nullable(String) COMMENT '列入决定机关',
  add_reason Nullable(String) COMMENT '【个人信息】列入严重违法失信企业名单原因',
  add_date_raw Nullable(String) COMMENT '【个人信息】列入日期，企查查原文；未提供或为 0 时为空',
  extra Nullable(String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  owner_pseudonym Nullable(String) COMMENT '企业的带密钥假名：由 sink 按账号与企业 KeyNo 计算（HMAC-SHA256），用于在脱敏视图中区分个体工商户；未设置 PSEUDONYM_KEY 或由早期版本写入时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns serious_violations_of_records}}
COMMENT '严重违法详情，取各记录的当前版本，每条详情一行'
;

CREATE OR REPLACE VIEW {{database}}.dishonest_debtors {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  record_id String COMMENT '所属变更记录 ID，对应 records.id',
  corp_key_no String COMMENT '企业 KeyNo',
  corp_name Nullable(String) COMMENT '【个人信息】企业名称；个体工商户名称可能含自然人姓名',
  credit_code Nullable(String) COMMENT '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  type LowCardinality(String) COMMENT '监测类型代码，见 change_types',
  category LowCardinality(Nullable(String)) COMMENT '监测级别代码，1 为最高风险',
  order_no String COMMENT '推送订单号',
  push_date DateTime64(3, 'Asia/Shanghai') COMMENT '推送时间（北京时间）',
  push_day Date COMMENT '推送日期（北京时间）',
  details_fetched_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '详情的查询时间（北京时间）',
  details_fetched_day Nullable(Date) COMMENT '详情的查询日期（北京时间）',
  detail_no UInt32 COMMENT '在该记录详情中的序号，从 1 起',
  id String COMMENT '失信案件主键，并非变更记录 ID',
  anno Nullable(String) COMMENT '【个人信息】案号（原文）',
  anno_normalized Nullable(String) COMMENT '【个人信息】规范化案号：去空白，括号统一为全角，数字统一为半角，便于比对',
  execute_gov Nullable(String) COMMENT '执行法院',
  execute_no Nullable(String) COMMENT '【个人信息】执行依据文号',
  execute_status Nullable(String) COMMENT '履行情况',
  action_type_name Nullable(String) COMMENT '【个人信息】失信行为',
  lian_date Nullable(Date32) COMMENT '立案日期（北京时间）',
  amount Nullable(Decimal(20, 2)) COMMENT '涉案金额（元）；原文不是数字时为空',
  amount_raw Nullable(String) COMMENT '【个人信息】涉案金额（元），原文',
  public_date Nullable(Date32) COMMENT '发布日期（北京时间）',
  execute_no_normalized Nullable(String) COMMENT '【个人信息】规范化执行依据文号，规则与 anno_normalized 相同',
  lian_date_raw Nullable(String) COMMENT '【个人信息】立案日期，企查查原文；未提供或为 0 时为空',
  public_date_raw Nullable(String) COMMENT '【个人信息】发布日期，企查查原文；未提供或为 0 时为空',
  extra Nullable(String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  owner_pseudonym Nullable(String) COMMENT '企业的带密钥假名：由 sink 按账号与企业 KeyNo 计算（HMAC-SHA256），用于在脱敏视图中区分个体工商户；未设置 PSEUDONYM_KEY 或由早期版本写入时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns dishonest_debtors_of_records}}
COMMENT '失信被执行人详情，取各记录的当前版本，每条详情一行'
;
CREATE OR REPLACE VIEW {{database}}.exceptions_masked {{on_cluster}} (
{{columns pseudonymous_detail}},
  add_reason_class Nullable(String) COMMENT '列入经营异常名录原因的归类，原文不提供',
  add_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '列入时间（北京时间）；未提供时为空',
  add_day Nullable(Date32) COMMENT '列入日期（北京时间）',
  remove_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '移出时间（北京时间）；未移出时为空',
  remove_day Nullable(Date32) COMMENT '移出日期（北京时间）',
  decision_office Nullable(String) COMMENT '作出决定机关',
  remove_decision_office Nullable(String) COMMENT '移除决定机关'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH add_reason AS reason
SELECT
{{columns pseudonymous_owner}},
  if(reason IS NULL, NULL,
{{columns abnormal_reason_class}}
  ) AS add_reason_class,
  add_date,
  add_day,
  remove_date,
  remove_day,
  decision_office,
  remove_decision_office
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM (
{{columns exceptions_of_records}}
  )
)
{{columns view_settings}}
COMMENT '经营异常详情（已脱敏，供分析师使用），取各记录的当前版本，每条详情一行'
;
CREATE OR REPLACE VIEW {{database}}.serious_violations_masked {{on_cluster}} (
{{columns pseudonymous_detail}},
  add_date Nullable(Date32) COMMENT '列入日期（北京时间）',
  add_office Nullable(String) COMMENT '列入决定机关'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns pseudonymous_owner}},
  add_date,
  add_office
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM (
{{columns serious_violations_of_records}}
  )
)
{{columns view_settings}}
COMMENT '严重违法详情（已脱敏，供分析师使用），取各记录的当前版本，每条详情一行'
;
CREATE OR REPLACE VIEW {{database}}.dishonest_debtors_masked {{on_cluster}} (
{{columns pseudonymous_detail}},
  id String COMMENT '失信案件主键，并非变更记录 ID',
  execute_gov Nullable(String) COMMENT '执行法院',
  execute_status Nullable(String) COMMENT '履行情况',
  lian_date Nullable(Date32) COMMENT '立案日期（北京时间）',
  amount Nullable(Decimal(20, 2)) COMMENT '涉案金额（元）；原文不是数字时为空',
  public_date Nullable(Date32) COMMENT '发布日期（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns pseudonymous_owner}},
  id,
  execute_gov,
  execute_status,
  lian_date,
  amount,
  public_date
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM (
{{columns dishonest_debtors_of_records}}
  )
)
{{columns view_settings}}
COMMENT '失信被执行人详情（已脱敏，供分析师使用），取各记录的当前版本，每条详情一行'
;
