-- Later fields of details have columns of their own, an item for each row: the type of a list's column stays, so a sink of an
-- earlier version goes on. Generated once by scripts/generate-detail-endpoints.ts.
ALTER TABLE {{database}}.record_current {{on_cluster}}
  ADD COLUMN IF NOT EXISTS details_complete Nullable(Bool) COMMENT '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查' AFTER details_truncated,
  ADD COLUMN IF NOT EXISTS details_incomplete_reason LowCardinality(Nullable(String)) COMMENT '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去' AFTER details_complete,
  ADD COLUMN IF NOT EXISTS details_odd_rows UInt32 COMMENT '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答' AFTER details_incomplete_reason,
  ADD COLUMN IF NOT EXISTS exceptions_add_date_raw Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：列入日期，企查查原文；未提供或为 0 时为空' AFTER dishonest_debtors,
  ADD COLUMN IF NOT EXISTS exceptions_remove_date_raw Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：移出日期，企查查原文；未提供或为 0 时为空' AFTER exceptions_add_date_raw,
  ADD COLUMN IF NOT EXISTS exceptions_extra Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空' AFTER exceptions_remove_date_raw,
  ADD COLUMN IF NOT EXISTS serious_violations_add_date_raw Array(Nullable(String)) COMMENT '【个人信息】严重违法详情，与 serious_violations 逐条对应：列入日期，企查查原文；未提供或为 0 时为空' AFTER exceptions_extra,
  ADD COLUMN IF NOT EXISTS serious_violations_extra Array(Nullable(String)) COMMENT '【个人信息】严重违法详情，与 serious_violations 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空' AFTER serious_violations_add_date_raw,
  ADD COLUMN IF NOT EXISTS dishonest_debtors_execute_no_normalized Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号：规则与 anno_normalized 相同' AFTER serious_violations_extra,
  ADD COLUMN IF NOT EXISTS dishonest_debtors_lian_date_raw Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：立案日期，企查查原文；未提供或为 0 时为空' AFTER dishonest_debtors_execute_no_normalized,
  ADD COLUMN IF NOT EXISTS dishonest_debtors_public_date_raw Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：发布日期，企查查原文；未提供或为 0 时为空' AFTER dishonest_debtors_lian_date_raw,
  ADD COLUMN IF NOT EXISTS dishonest_debtors_extra Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空' AFTER dishonest_debtors_public_date_raw
;

ALTER TABLE {{database}}.record_history {{on_cluster}}
  ADD COLUMN IF NOT EXISTS details_complete Nullable(Bool) COMMENT '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查' AFTER details_truncated,
  ADD COLUMN IF NOT EXISTS details_incomplete_reason LowCardinality(Nullable(String)) COMMENT '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去' AFTER details_complete,
  ADD COLUMN IF NOT EXISTS details_odd_rows UInt32 COMMENT '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答' AFTER details_incomplete_reason,
  ADD COLUMN IF NOT EXISTS exceptions_add_date_raw Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：列入日期，企查查原文；未提供或为 0 时为空' AFTER dishonest_debtors,
  ADD COLUMN IF NOT EXISTS exceptions_remove_date_raw Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：移出日期，企查查原文；未提供或为 0 时为空' AFTER exceptions_add_date_raw,
  ADD COLUMN IF NOT EXISTS exceptions_extra Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空' AFTER exceptions_remove_date_raw,
  ADD COLUMN IF NOT EXISTS serious_violations_add_date_raw Array(Nullable(String)) COMMENT '【个人信息】严重违法详情，与 serious_violations 逐条对应：列入日期，企查查原文；未提供或为 0 时为空' AFTER exceptions_extra,
  ADD COLUMN IF NOT EXISTS serious_violations_extra Array(Nullable(String)) COMMENT '【个人信息】严重违法详情，与 serious_violations 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空' AFTER serious_violations_add_date_raw,
  ADD COLUMN IF NOT EXISTS dishonest_debtors_execute_no_normalized Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号：规则与 anno_normalized 相同' AFTER serious_violations_extra,
  ADD COLUMN IF NOT EXISTS dishonest_debtors_lian_date_raw Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：立案日期，企查查原文；未提供或为 0 时为空' AFTER dishonest_debtors_execute_no_normalized,
  ADD COLUMN IF NOT EXISTS dishonest_debtors_public_date_raw Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：发布日期，企查查原文；未提供或为 0 时为空' AFTER dishonest_debtors_lian_date_raw,
  ADD COLUMN IF NOT EXISTS dishonest_debtors_extra Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空' AFTER dishonest_debtors_public_date_raw
;

ALTER TABLE {{database}}.record_current_feed {{on_cluster}} MODIFY QUERY
SELECT * FROM {{database}}.record_history
;

-- The view takes its columns from the query again, without their comments.
ALTER TABLE {{database}}.record_current_feed {{on_cluster}}
  COMMENT COLUMN account '企查查账号标识，默认 main',
  COMMENT COLUMN corp_key_no '企业 KeyNo',
  COMMENT COLUMN id '变更记录 ID；同一 ID 可能再次推送，版本大者为准',
  COMMENT COLUMN corp_name '【个人信息】企业名称；个体工商户名称可能含自然人姓名',
  COMMENT COLUMN type '监测类型代码，见 change_types；未知代码原样保留',
  COMMENT COLUMN type_name '监测类型名称（推送原文）',
  COMMENT COLUMN category '监测级别代码，1 为最高风险，见 risk_categories；未知代码原样保留',
  COMMENT COLUMN category_name '监测级别名称（推送原文）',
  COMMENT COLUMN change_content '【个人信息】监测内容；列入或移出只能从此文本判断',
  COMMENT COLUMN change_extend '【个人信息】监测内容附加信息，推送的 JSON 原文',
  COMMENT COLUMN event_date '事件日期（北京时间），取自附加信息的 date 字段；缺失或无法解析时为空',
  COMMENT COLUMN change_date '更新日期（北京时间），并非事件日期；缺失或无法解析时为空',
  COMMENT COLUMN check_id '校验 ID，用于查询详情；未提供时为空',
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  COMMENT COLUMN reg_no '【个人信息】工商注册号；缺失时为空；个体工商户的注册号可识别经营者',
  COMMENT COLUMN extra '【个人信息】接口文档未列出或取值不合规的字段，值为 JSON 文本',
  COMMENT COLUMN order_no '推送订单号',
  COMMENT COLUMN revision '订单的解析轮次：0 为首次，每次重放加 1',
  COMMENT COLUMN position '记录在压缩包 result 数组中的位置，从 0 起',
  COMMENT COLUMN push_date '推送时间（北京时间）',
  COMMENT COLUMN push_day '推送日期（北京时间）',
  COMMENT COLUMN archive_sha256 '加密压缩包原文的 SHA-256，小写十六进制',
  COMMENT COLUMN source '订单来源：callback 回调、reconcile 对账、replay 重放',
  COMMENT COLUMN detail_status '详情状态：NOT_APPLICABLE 无需详情、ENRICHED 已补全、NO_RESULT 查无结果、NO_CHECK_ID 无校验 ID、PENDING 待补全、FAILED 无法补全',
  COMMENT COLUMN detail_reason '详情待补全或无法补全的原因代码',
  COMMENT COLUMN details_fetched_at '详情的查询时间（北京时间）',
  COMMENT COLUMN details_fetched_day '详情的查询日期（北京时间）',
  COMMENT COLUMN details_total '企查查返回的详情总条数',
  COMMENT COLUMN details_truncated '详情过大，未随消息传送，条数见 details_total',
  COMMENT COLUMN exceptions '【个人信息】经营异常详情（类型 2），逐条见视图 exceptions',
  COMMENT COLUMN serious_violations '【个人信息】严重违法详情（类型 10），逐条见视图 serious_violations',
  COMMENT COLUMN dishonest_debtors '【个人信息】失信被执行人详情（类型 11），逐条见视图 dishonest_debtors',
  COMMENT COLUMN version '版本：同一账号与记录 ID 下数值大者为准',
  COMMENT COLUMN source_topic '来源 Kafka 主题',
  COMMENT COLUMN source_partition '来源 Kafka 分区',
  COMMENT COLUMN source_offset '来源 Kafka 位点',
  COMMENT COLUMN source_time '消息写入 Kafka 的时间（北京时间）',
  COMMENT COLUMN source_day '消息写入 Kafka 的日期（北京时间）',
  COMMENT COLUMN parser_version '解析程序版本',
  COMMENT COLUMN ingested_at '写入 ClickHouse 的时间（北京时间）；重复投递时会更新',
  COMMENT COLUMN ingested_day '写入 ClickHouse 的日期（北京时间）',
  COMMENT COLUMN details_complete '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查',
  COMMENT COLUMN details_incomplete_reason '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去',
  COMMENT COLUMN details_odd_rows '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答',
  COMMENT COLUMN exceptions_add_date_raw '【个人信息】经营异常详情，与 exceptions 逐条对应：列入日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN exceptions_remove_date_raw '【个人信息】经营异常详情，与 exceptions 逐条对应：移出日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN exceptions_extra '【个人信息】经营异常详情，与 exceptions 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  COMMENT COLUMN serious_violations_add_date_raw '【个人信息】严重违法详情，与 serious_violations 逐条对应：列入日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN serious_violations_extra '【个人信息】严重违法详情，与 serious_violations 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  COMMENT COLUMN dishonest_debtors_execute_no_normalized '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号：规则与 anno_normalized 相同',
  COMMENT COLUMN dishonest_debtors_lian_date_raw '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：立案日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN dishonest_debtors_public_date_raw '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：发布日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN dishonest_debtors_extra '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空'
;

CREATE OR REPLACE VIEW {{database}}.records {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识，默认 main',
  corp_key_no String COMMENT '企业 KeyNo',
  id String COMMENT '变更记录 ID；同一 ID 可能再次推送，版本大者为准',
  corp_name Nullable(String) COMMENT '【个人信息】企业名称；个体工商户名称可能含自然人姓名',
  type LowCardinality(String) COMMENT '监测类型代码，见 change_types；未知代码原样保留',
  type_name LowCardinality(Nullable(String)) COMMENT '监测类型名称（推送原文）',
  category LowCardinality(Nullable(String)) COMMENT '监测级别代码，1 为最高风险，见 risk_categories；未知代码原样保留',
  category_name LowCardinality(Nullable(String)) COMMENT '监测级别名称（推送原文）',
  change_content Nullable(String) COMMENT '【个人信息】监测内容；列入或移出只能从此文本判断',
  change_extend Nullable(String) COMMENT '【个人信息】监测内容附加信息，推送的 JSON 原文',
  event_date Nullable(Date32) COMMENT '事件日期（北京时间），取自附加信息的 date 字段；缺失或无法解析时为空',
  change_date Nullable(Date32) COMMENT '更新日期（北京时间），并非事件日期；缺失或无法解析时为空',
  check_id Nullable(String) COMMENT '校验 ID，用于查询详情；未提供时为空',
  credit_code Nullable(String) COMMENT '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  reg_no Nullable(String) COMMENT '【个人信息】工商注册号；缺失时为空；个体工商户的注册号可识别经营者',
  extra Map(String, String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，值为 JSON 文本',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '订单的解析轮次：0 为首次，每次重放加 1',
  position UInt32 COMMENT '记录在压缩包 result 数组中的位置，从 0 起',
  push_date DateTime64(3, 'Asia/Shanghai') COMMENT '推送时间（北京时间）',
  push_day Date COMMENT '推送日期（北京时间）',
  archive_sha256 String COMMENT '加密压缩包原文的 SHA-256，小写十六进制',
  source LowCardinality(String) COMMENT '订单来源：callback 回调、reconcile 对账、replay 重放',
  detail_status LowCardinality(String) COMMENT '详情状态：NOT_APPLICABLE 无需详情、ENRICHED 已补全、NO_RESULT 查无结果、NO_CHECK_ID 无校验 ID、PENDING 待补全、FAILED 无法补全',
  detail_reason LowCardinality(Nullable(String)) COMMENT '详情待补全或无法补全的原因代码',
  details_fetched_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '详情的查询时间（北京时间）',
  details_fetched_day Nullable(Date) COMMENT '详情的查询日期（北京时间）',
  details_total Nullable(UInt32) COMMENT '企查查返回的详情总条数',
  details_truncated Bool COMMENT '详情过大，未随消息传送，条数见 details_total',
  exceptions Array(Tuple(
    add_reason Nullable(String),
    add_date Nullable(DateTime64(3, 'Asia/Shanghai')),
    remove_reason Nullable(String),
    remove_date Nullable(DateTime64(3, 'Asia/Shanghai')),
    decision_office Nullable(String),
    remove_decision_office Nullable(String)
  )) COMMENT '【个人信息】经营异常详情（类型 2），逐条见视图 exceptions',
  serious_violations Array(Tuple(
    add_date Nullable(Date32),
    add_office Nullable(String),
    add_reason Nullable(String)
  )) COMMENT '【个人信息】严重违法详情（类型 10），逐条见视图 serious_violations',
  dishonest_debtors Array(Tuple(
    id String,
    anno Nullable(String),
    anno_normalized Nullable(String),
    execute_gov Nullable(String),
    execute_no Nullable(String),
    execute_status Nullable(String),
    action_type_name Nullable(String),
    lian_date Nullable(Date32),
    amount Nullable(Decimal(20, 2)),
    amount_raw Nullable(String),
    public_date Nullable(Date32)
  )) COMMENT '【个人信息】失信被执行人详情（类型 11），逐条见视图 dishonest_debtors',
  version UInt256 COMMENT '版本：同一账号与记录 ID 下数值大者为准',
  source_topic LowCardinality(String) COMMENT '来源 Kafka 主题',
  source_partition UInt32 COMMENT '来源 Kafka 分区',
  source_offset UInt64 COMMENT '来源 Kafka 位点',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '消息写入 Kafka 的时间（北京时间）',
  source_day Date COMMENT '消息写入 Kafka 的日期（北京时间）',
  parser_version UInt32 COMMENT '解析程序版本',
  ingested_at DateTime64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）；重复投递时会更新',
  ingested_day Date COMMENT '写入 ClickHouse 的日期（北京时间）',
  details_complete Nullable(Bool) COMMENT '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查',
  details_incomplete_reason LowCardinality(Nullable(String)) COMMENT '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去',
  details_odd_rows UInt32 COMMENT '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答',
  exceptions_add_date_raw Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：列入日期，企查查原文；未提供或为 0 时为空',
  exceptions_remove_date_raw Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：移出日期，企查查原文；未提供或为 0 时为空',
  exceptions_extra Array(Nullable(String)) COMMENT '【个人信息】经营异常详情，与 exceptions 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  serious_violations_add_date_raw Array(Nullable(String)) COMMENT '【个人信息】严重违法详情，与 serious_violations 逐条对应：列入日期，企查查原文；未提供或为 0 时为空',
  serious_violations_extra Array(Nullable(String)) COMMENT '【个人信息】严重违法详情，与 serious_violations 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  dishonest_debtors_execute_no_normalized Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号：规则与 anno_normalized 相同',
  dishonest_debtors_lian_date_raw Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：立案日期，企查查原文；未提供或为 0 时为空',
  dishonest_debtors_public_date_raw Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：发布日期，企查查原文；未提供或为 0 时为空',
  dishonest_debtors_extra Array(Nullable(String)) COMMENT '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.record_current FINAL
COMMENT '变更记录当前状态：每个账号与记录 ID 一行，取最大版本'
;

CREATE OR REPLACE VIEW {{database}}.records_masked {{on_cluster}} (
{{columns masked_record}},
  details_complete Nullable(Bool) COMMENT '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查',
  details_incomplete_reason LowCardinality(Nullable(String)) COMMENT '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去',
  details_odd_rows UInt32 COMMENT '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS {{columns masked_change}},
  details_complete, details_incomplete_reason, details_odd_rows
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.record_current FINAL
)
{{columns closed_to_filters}}
COMMENT '变更记录当前状态（已脱敏，供分析师使用）：每个账号与记录 ID 一行'
;

CREATE OR REPLACE VIEW {{database}}.record_history_masked {{on_cluster}} (
{{columns masked_record}},
  details_complete Nullable(Bool) COMMENT '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查',
  details_incomplete_reason LowCardinality(Nullable(String)) COMMENT '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去',
  details_odd_rows UInt32 COMMENT '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS {{columns masked_change}},
  details_complete, details_incomplete_reason, details_odd_rows
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.record_history FINAL
)
{{columns closed_to_filters}}
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
  extra Nullable(String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, record.id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
  detail.add_reason AS add_reason,
  detail.add_date AS add_date,
  toDate32(detail.add_date) AS add_day,
  detail.remove_reason AS remove_reason,
  detail.remove_date AS remove_date,
  toDate32(detail.remove_date) AS remove_day,
  detail.decision_office AS decision_office,
  detail.remove_decision_office AS remove_decision_office,
  later_add_date_raw AS add_date_raw,
  later_remove_date_raw AS remove_date_raw,
  later_extra AS extra
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN
  exceptions AS detail, arrayEnumerate(exceptions) AS detail_no,
  arrayResize(record.exceptions_add_date_raw, length(record.exceptions)) AS later_add_date_raw,
  arrayResize(record.exceptions_remove_date_raw, length(record.exceptions)) AS later_remove_date_raw,
  arrayResize(record.exceptions_extra, length(record.exceptions)) AS later_extra
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
  extra Nullable(String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空'
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
  extra Nullable(String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, record.id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
  detail.add_date AS add_date,
  detail.add_office AS add_office,
  detail.add_reason AS add_reason,
  later_add_date_raw AS add_date_raw,
  later_extra AS extra
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN
  serious_violations AS detail, arrayEnumerate(serious_violations) AS detail_no,
  arrayResize(record.serious_violations_add_date_raw, length(record.serious_violations)) AS later_add_date_raw,
  arrayResize(record.serious_violations_extra, length(record.serious_violations)) AS later_extra
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
  anno_normalized Nullable(String) COMMENT '【个人信息】规范化案号：去空白，括号统一为全角，便于比对',
  execute_gov Nullable(String) COMMENT '执行法院',
  execute_no Nullable(String) COMMENT '【个人信息】执行依据文号',
  execute_status Nullable(String) COMMENT '履行情况',
  action_type_name Nullable(String) COMMENT '【个人信息】失信行为',
  lian_date Nullable(Date32) COMMENT '立案日期（北京时间）',
  amount Nullable(Decimal(20, 2)) COMMENT '涉案金额（元）；原文不是数字时为空',
  amount_raw Nullable(String) COMMENT '涉案金额（元），原文',
  public_date Nullable(Date32) COMMENT '发布日期（北京时间）',
  execute_no_normalized Nullable(String) COMMENT '【个人信息】规范化执行依据文号：规则与 anno_normalized 相同',
  lian_date_raw Nullable(String) COMMENT '【个人信息】立案日期，企查查原文；未提供或为 0 时为空',
  public_date_raw Nullable(String) COMMENT '【个人信息】发布日期，企查查原文；未提供或为 0 时为空',
  extra Nullable(String) COMMENT '【个人信息】接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, record.id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
  detail.id AS id,
  detail.anno AS anno,
  detail.anno_normalized AS anno_normalized,
  detail.execute_gov AS execute_gov,
  detail.execute_no AS execute_no,
  detail.execute_status AS execute_status,
  detail.action_type_name AS action_type_name,
  detail.lian_date AS lian_date,
  detail.amount AS amount,
  detail.amount_raw AS amount_raw,
  detail.public_date AS public_date,
  later_execute_no_normalized AS execute_no_normalized,
  later_lian_date_raw AS lian_date_raw,
  later_public_date_raw AS public_date_raw,
  later_extra AS extra
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN
  dishonest_debtors AS detail, arrayEnumerate(dishonest_debtors) AS detail_no,
  arrayResize(record.dishonest_debtors_execute_no_normalized, length(record.dishonest_debtors)) AS later_execute_no_normalized,
  arrayResize(record.dishonest_debtors_lian_date_raw, length(record.dishonest_debtors)) AS later_lian_date_raw,
  arrayResize(record.dishonest_debtors_public_date_raw, length(record.dishonest_debtors)) AS later_public_date_raw,
  arrayResize(record.dishonest_debtors_extra, length(record.dishonest_debtors)) AS later_extra
COMMENT '失信被执行人详情，取各记录的当前版本，每条详情一行'
;
