-- Column lists are explicit: without one a view has no column comments. The definer's rights let BI read the views
-- without any right on the tables.
CREATE VIEW IF NOT EXISTS {{database}}.records {{on_cluster}} (
{{columns record}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.record_current FINAL
COMMENT '变更记录当前状态：每个账号与记录 ID 一行，取最大版本'
;

CREATE VIEW IF NOT EXISTS {{database}}.exceptions {{on_cluster}} (
{{columns exception}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
  detail.add_reason AS add_reason,
  detail.add_date AS add_date,
  toDate32(detail.add_date) AS add_day,
  detail.remove_reason AS remove_reason,
  detail.remove_date AS remove_date,
  toDate32(detail.remove_date) AS remove_day,
  detail.decision_office AS decision_office,
  detail.remove_decision_office AS remove_decision_office
FROM {{database}}.record_current FINAL
ARRAY JOIN exceptions AS detail, arrayEnumerate(exceptions) AS detail_no
COMMENT '经营异常详情，取各记录的当前版本，每条详情一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.abnormal_operations {{on_cluster}} (
{{columns exception}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.exceptions
COMMENT '经营异常详情，与 exceptions 相同'
;

CREATE VIEW IF NOT EXISTS {{database}}.serious_violations {{on_cluster}} (
{{columns detail}},
  add_date Nullable(Date32) COMMENT '列入日期（北京时间）',
  add_office Nullable(String) COMMENT '列入决定机关',
  add_reason Nullable(String) COMMENT '【个人信息】列入严重违法失信企业名单原因'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
  detail.add_date AS add_date,
  detail.add_office AS add_office,
  detail.add_reason AS add_reason
FROM {{database}}.record_current FINAL
ARRAY JOIN serious_violations AS detail, arrayEnumerate(serious_violations) AS detail_no
COMMENT '严重违法详情，取各记录的当前版本，每条详情一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.dishonest_debtors {{on_cluster}} (
{{columns detail}},
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
  public_date Nullable(Date32) COMMENT '发布日期（北京时间）'
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
  detail.public_date AS public_date
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN dishonest_debtors AS detail, arrayEnumerate(dishonest_debtors) AS detail_no
COMMENT '失信被执行人详情，取各记录的当前版本，每条详情一行'
;

-- What views need to know of the services' settings; the sink writes it at start.
CREATE TABLE IF NOT EXISTS {{database}}.service_settings {{on_cluster}} (
  name String COMMENT '设置名称，与环境变量同名',
  value String COMMENT '取值',
  updated_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '更新时间（北京时间）',
  updated_day Date DEFAULT toDate(updated_at) COMMENT '更新日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree(updated_at)}}
ORDER BY name
COMMENT '视图所依据的服务设置，由 sink 启动时写入'
;

-- FAILED holds until a later attempt begins. INCOMPLETE is said once everything parsed is stored, or for the reason OVERDUE
-- when it is not in time. The time begins with the last attempt: an order that failed long ago and is fetched again is
-- not overdue from the start.
CREATE VIEW IF NOT EXISTS {{database}}.orders {{on_cluster}} (
{{columns order}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
  (
    SELECT ifNull(toUInt64OrNull(argMax(value, updated_at)), 1800000)
    FROM {{database}}.service_settings WHERE name = 'ORDER_DEADLINE_MS'
  ) AS deadline_ms,
  bitmapOr(stored_set, bitmapAnd(rejected_set, discarded_set)) AS accounted_set,
  bitmapOrCardinality(parsed_set, rejected_set) AS seen,
  bitmapAndnotCardinality(parsed_set, bitmapOr(stored_set, rejected_set)) AS unstored,
  bitmapAndnotCardinality(rejected_set, accounted_set) AS undecided,
  ifNull(declared_last, 4294967295) != seen AS mismatch,
  extracting_at IS NOT NULL OR extracted_at IS NOT NULL OR seen > 0 OR stored > 0 AS begun,
  greatest(ifNull(received_at, extracting_at), ifNull(extracting_at, received_at)) AS started_at,
  multiIf(
    extracted_at IS NOT NULL AND unstored > 0, 'STORING',
    extracted_at IS NOT NULL AND (mismatch OR undecided > 0), 'INCOMPLETE',
    extracted_at IS NOT NULL AND pending_details > 0, 'DETAILS_PENDING',
    extracted_at IS NOT NULL, 'COMPLETE',
    failed_at IS NOT NULL AND failed_at >= ifNull(extracting_at, failed_at), 'FAILED',
    begun, 'EXTRACTING',
    'RECEIVED'
  ) AS progress,
  progress IN ('RECEIVED', 'EXTRACTING', 'STORING')
    AND ifNull(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(started_at) > deadline_ms, false) AS overdue
SELECT
  account,
  order_no,
  revision,
  source_first AS source,
  ifNull(unconfirmed_last, false) AND listed_at IS NULL AS unconfirmed,
  received_at,
  toDate(received_at) AS received_day,
  extracted_at,
  toDate(extracted_at) AS extracted_day,
  if(status = 'COMPLETE', greatest(extracted_at, ifNull(progressed_at, extracted_at)), NULL) AS completed_at,
  toDate(completed_at) AS completed_day,
  push_date_last AS push_date,
  toDate(push_date_last) AS push_day,
  archive_sha256_last AS archive_sha256,
  declared_last AS declared,
  bitmapCardinality(parsed_set) AS parsed,
  bitmapCardinality(rejected_set) AS rejected,
  bitmapCardinality(discarded_set) AS discarded,
  bitmapCardinality(stored_set) AS stored,
  bitmapAndnotCardinality(stored_set, settled_set) AS pending_details,
  if(overdue, 'INCOMPLETE', progress) AS status,
  multiIf(
    status = 'FAILED', reason_last,
    overdue, 'OVERDUE',
    status = 'INCOMPLETE' AND mismatch, 'COUNT_MISMATCH',
    status = 'INCOMPLETE', 'RECORDS_REJECTED',
    NULL
  ) AS reason,
  if(
    begun AND status NOT IN ('COMPLETE', 'FAILED'),
    bitmapToArray(bitmapAndnot(bitmapBuild(range(ifNull(declared_last, toUInt32(0)))), accounted_set)),
    []
  ) AS missing
FROM (
  SELECT
    account,
    order_no,
    revision,
    groupBitmapMergeState(parsed) AS parsed_set,
    groupBitmapMergeState(rejected) AS rejected_set,
    groupBitmapMergeState(discarded) AS discarded_set,
    groupBitmapMergeState(stored) AS stored_set,
    groupBitmapMergeState(settled) AS settled_set,
    argMaxMerge(declared) AS declared_last,
    argMaxMerge(push_date) AS push_date_last,
    argMaxMerge(archive_sha256) AS archive_sha256_last,
    argMinMerge(source) AS source_first,
    argMaxMerge(unconfirmed) AS unconfirmed_last,
    argMaxMerge(reason) AS reason_last,
    min(l.received_at) AS received_at,
    min(l.listed_at) AS listed_at,
    max(l.extracting_at) AS extracting_at,
    max(l.extracted_at) AS extracted_at,
    max(l.failed_at) AS failed_at,
    max(l.progressed_at) AS progressed_at
  FROM {{database}}.order_ledger AS l
  GROUP BY account, order_no, revision
  ORDER BY account, order_no, revision DESC
  LIMIT 1 BY account, order_no
)
{{columns closed_to_filters}}
COMMENT '订单台账：每个账号与订单号一行，取最新解析轮次'
;

CREATE VIEW IF NOT EXISTS {{database}}.change_types {{on_cluster}} (
  type String COMMENT '监测类型代码',
  type_name String COMMENT '监测类型名称'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT type, type_name FROM values(
  'type String, type_name String',
  ('1', '吊销或注销'), ('2', '经营异常'), ('3', '年报未公示'), ('4', '法定代表人变更'), ('5', '企业名称变更'),
  ('6', '注册地址变更'), ('7', '注册资本变更'), ('8', '经营范围变更'), ('10', '严重违法'), ('11', '失信被执行人'),
  ('12', '股东变更'), ('14', '经营期限变更'), ('15', '假冒国企')
)
COMMENT '监测类型代码表（接口文档 v1.4）'
;

CREATE VIEW IF NOT EXISTS {{database}}.risk_categories {{on_cluster}} (
  category String COMMENT '监测级别代码，1 为最高风险，数字越大风险越低',
  category_name String COMMENT '监测级别名称'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT category, category_name FROM values(
  'category String, category_name String', ('1', '高风险信息'), ('2', '风险信息'), ('3', '警示信息')
)
COMMENT '监测级别代码表：1 为最高风险（接口文档 v1.4）'
;
