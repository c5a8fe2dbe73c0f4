-- A masked name keeps one character of a 个体工商户, so several owners look alike. The pseudonym tells them apart: the sink computes
-- it with a key that never reaches the server. Rows of earlier versions have none until they are rebuilt.
ALTER TABLE {{database}}.record_current {{on_cluster}}
  ADD COLUMN IF NOT EXISTS owner_pseudonym Nullable(String) COMMENT '企业的带密钥假名：由 sink 按账号与企业 KeyNo 计算（HMAC-SHA256），用于在脱敏视图中区分个体工商户；未设置 PSEUDONYM_KEY 或由早期版本写入时为空'
;

ALTER TABLE {{database}}.record_history {{on_cluster}}
  ADD COLUMN IF NOT EXISTS owner_pseudonym Nullable(String) COMMENT '企业的带密钥假名：由 sink 按账号与企业 KeyNo 计算（HMAC-SHA256），用于在脱敏视图中区分个体工商户；未设置 PSEUDONYM_KEY 或由早期版本写入时为空'
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
  COMMENT COLUMN event_date '事件日期（北京时间），取自附加信息的 date 字段：经营异常、严重违法为最近一次列入的日期，失信被执行人为最近一次发布的日期，吊销或注销为吊销、注销的日期；移出类变更仍为列入日期，而非移出日期；其他类型未作约定，缺失或无法解析时为空',
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
  COMMENT COLUMN details_complete '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查',
  COMMENT COLUMN details_incomplete_reason '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去',
  COMMENT COLUMN details_odd_rows '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答',
  COMMENT COLUMN exceptions '【个人信息】经营异常详情（类型 2），逐条见视图 exceptions',
  COMMENT COLUMN serious_violations '【个人信息】严重违法详情（类型 10），逐条见视图 serious_violations',
  COMMENT COLUMN dishonest_debtors '【个人信息】失信被执行人详情（类型 11），逐条见视图 dishonest_debtors',
  COMMENT COLUMN exceptions_add_date_raw '【个人信息】经营异常详情，与 exceptions 逐条对应：列入日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN exceptions_remove_date_raw '【个人信息】经营异常详情，与 exceptions 逐条对应：移出日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN exceptions_extra '【个人信息】经营异常详情，与 exceptions 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  COMMENT COLUMN serious_violations_add_date_raw '【个人信息】严重违法详情，与 serious_violations 逐条对应：列入日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN serious_violations_extra '【个人信息】严重违法详情，与 serious_violations 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  COMMENT COLUMN dishonest_debtors_execute_no_normalized '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号，规则与 anno_normalized 相同',
  COMMENT COLUMN dishonest_debtors_lian_date_raw '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：立案日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN dishonest_debtors_public_date_raw '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：发布日期，企查查原文；未提供或为 0 时为空',
  COMMENT COLUMN dishonest_debtors_extra '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  COMMENT COLUMN version '版本：同一账号与记录 ID 下数值大者为准',
  COMMENT COLUMN source_topic '来源 Kafka 主题',
  COMMENT COLUMN source_partition '来源 Kafka 分区',
  COMMENT COLUMN source_offset '来源 Kafka 位点',
  COMMENT COLUMN source_time '消息写入 Kafka 的时间（北京时间）',
  COMMENT COLUMN source_day '消息写入 Kafka 的日期（北京时间）',
  COMMENT COLUMN parser_version '解析程序版本',
  COMMENT COLUMN ingested_at '写入 ClickHouse 的时间（北京时间）；重复投递时会更新',
  COMMENT COLUMN ingested_day '写入 ClickHouse 的日期（北京时间）',
  COMMENT COLUMN owner_pseudonym '企业的带密钥假名：由 sink 按账号与企业 KeyNo 计算（HMAC-SHA256），用于在脱敏视图中区分个体工商户；未设置 PSEUDONYM_KEY 或由早期版本写入时为空'
;
