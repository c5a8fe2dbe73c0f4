-- Questions about customers read copies of other tables. The copies hold only the companies in portfolio_companies. A feed copies each new
-- row of such a company. When a company is added, a fill copies its earlier rows. If one insert adds a company and a row of it, both feed
-- and fill may miss the row. So the program that inserts records fills such companies again afterwards (follow-up-derivations.ts).
CREATE TABLE IF NOT EXISTS {{database}}.portfolio_companies {{on_cluster}} (
{{columns table_portfolio_companies}},
  added_day SimpleAggregateFunction(max, Date) DEFAULT toDate(added_at) COMMENT '最近一次因推送而加入的日期（北京时间）'
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, corp_key_no, kind, value)
SETTINGS index_granularity = 64, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '客户企业：推送中与任一客户的代码、注册号或名称相同的企业，每个取值一行'
;

CREATE TABLE IF NOT EXISTS {{database}}.portfolio_fills {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  portfolio LowCardinality(String) COMMENT '客户名单名称',
  loaded_at DateTime64(3, 'Asia/Shanghai') COMMENT '已整理的名单的导入时间（北京时间）',
  loaded_day Date DEFAULT toDate(loaded_at) COMMENT '已整理的名单的导入日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree(loaded_at)}}
ORDER BY (account, portfolio)
SETTINGS fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '哪次导入的名单已经与以往的推送整理完毕，由 npx qcc portfolio load 写入'
;

CREATE TABLE IF NOT EXISTS {{database}}.portfolio_log {{on_cluster}} (
{{columns table_change_log}}
)
ENGINE = {{engine ReplacingMergeTree(change_version)}}
ORDER BY (account, corp_key_no, id, push_date, order_no, revision, position)
SETTINGS index_granularity = 64, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '客户企业的变更，change_log 的副本；请查询视图 portfolio_changes'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_log_feed {{on_cluster}}
TO {{database}}.portfolio_log (
{{columns table_change_log}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.change_log
WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
COMMENT '内部：客户企业有新推送时，由 change_log 写入 portfolio_log'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_log_fill {{on_cluster}}
TO {{database}}.portfolio_log (
{{columns table_change_log}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT *
FROM (SELECT DISTINCT account, corp_key_no FROM {{database}}.portfolio_companies) AS added
INNER JOIN (
{{columns derive_change_log, record_history = columns history_of_customers, first_pushes = columns pushes_of_customers}}
) AS earlier USING (account, corp_key_no)
COMMENT '内部：企业成为客户企业时，将其以往的数据写入 portfolio_log'
;

CREATE TABLE IF NOT EXISTS {{database}}.portfolio_states {{on_cluster}} (
{{columns table_company_states}}
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, corp_key_no)
SETTINGS index_granularity = 64, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '客户企业的名称与代码，company_states 的副本；请查询视图 portfolio_status'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_states_feed {{on_cluster}}
TO {{database}}.portfolio_states (
{{columns table_company_states}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.company_states
WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
COMMENT '内部：客户企业有新推送时，由 company_states 写入 portfolio_states'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_states_fill {{on_cluster}}
TO {{database}}.portfolio_states (
{{columns table_company_states}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT *
FROM (SELECT DISTINCT account, corp_key_no FROM {{database}}.portfolio_companies) AS added
INNER JOIN (
  SELECT * FROM {{database}}.company_states
  WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
) AS earlier USING (account, corp_key_no)
COMMENT '内部：企业成为客户企业时，将其以往的数据写入 portfolio_states'
;

CREATE TABLE IF NOT EXISTS {{database}}.portfolio_list_entries {{on_cluster}} (
{{columns table_list_entries}}
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, corp_key_no, list, change_id, since_day)
SETTINGS index_granularity = 64, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '客户企业的名单条目，list_entries 的副本；请查询视图 portfolio_status'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_list_entries_feed {{on_cluster}}
TO {{database}}.portfolio_list_entries (
{{columns table_list_entries}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.list_entries
WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
COMMENT '内部：客户企业有新推送时，由 list_entries 写入 portfolio_list_entries'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_list_entries_fill {{on_cluster}}
TO {{database}}.portfolio_list_entries (
{{columns table_list_entries}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT *
FROM (SELECT DISTINCT account, corp_key_no FROM {{database}}.portfolio_companies) AS added
INNER JOIN (
  SELECT * FROM {{database}}.list_entries
  WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
) AS earlier USING (account, corp_key_no)
COMMENT '内部：企业成为客户企业时，将其以往的数据写入 portfolio_list_entries'
;

CREATE TABLE IF NOT EXISTS {{database}}.portfolio_case_states {{on_cluster}} (
{{columns table_debtor_case_states}}
)
ENGINE = {{engine ReplacingMergeTree(version)}}
ORDER BY (account, corp_key_no, case_id, reported_by = corp_key_no)
SETTINGS index_granularity = 64, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '客户企业的失信案件的当前取值，debtor_case_states 的副本；请查询视图 portfolio_status'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_case_states_feed {{on_cluster}}
TO {{database}}.portfolio_case_states (
{{columns table_debtor_case_states}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.debtor_case_states
WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
COMMENT '内部：客户企业有新推送时，由 debtor_case_states 写入 portfolio_case_states'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_case_states_fill {{on_cluster}}
TO {{database}}.portfolio_case_states (
{{columns table_debtor_case_states}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT *
FROM (SELECT DISTINCT account, corp_key_no FROM {{database}}.portfolio_companies) AS added
INNER JOIN (
  SELECT * FROM {{database}}.debtor_case_states
  WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM {{database}}.portfolio_companies)
) AS earlier USING (account, corp_key_no)
COMMENT '内部：企业成为客户企业时，将其以往的数据写入 portfolio_case_states'
;

-- This view is created last, so that the feeds and fills exist before the first company is added. For a day after it was first added, a
-- company is added again with each push. If an insert fails after it has added a company, the sink repeats the insert, and the company must
-- count as new again. After that day, pushes do not copy the company's history again.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.portfolio_companies_feed {{on_cluster}}
TO {{database}}.portfolio_companies (
{{columns table_portfolio_companies}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT account, corp_key_no, kind, value, now64(3, 'Asia/Shanghai') AS added_at, added_at AS first_added_at
FROM {{database}}.company_identities
WHERE (account, kind, value) IN (
  SELECT account, kind, value FROM (
{{columns member_identities}}
  )
)
AND (account, corp_key_no, kind, value) NOT IN (
  SELECT account, corp_key_no, kind, value FROM {{database}}.portfolio_companies WHERE first_added_at < now() - INTERVAL 1 DAY
)
COMMENT '内部：由 company_identities 写入 portfolio_companies'
;

CREATE VIEW IF NOT EXISTS {{database}}.portfolio_status {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  portfolio LowCardinality(String) COMMENT '客户名单名称',
  member String COMMENT '【个人信息】客户标识，见 portfolio_members',
  customer_name Nullable(String) COMMENT '【个人信息】客户名称，名单原文',
  customer_credit_code Nullable(String) COMMENT '【个人信息】名单中的统一社会信用代码',
  customer_reg_no Nullable(String) COMMENT '【个人信息】名单中的注册号',
  attributes Map(String, String) COMMENT '【个人信息】名单中的其他列：列名 → 内容',
{{columns portfolio_customer_state}},
  corp_name Nullable(String) COMMENT '【个人信息】企业现用名称；个体工商户名称可能含自然人姓名',
{{columns portfolio_company_state}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, portfolio, member, customer_name, customer_credit_code, customer_reg_no, attributes,
{{columns portfolio_status_values}},
  corp_name, is_sole_trader, risk_state, on_abnormal_list, abnormal_since_day, on_violation_list, violation_since_day,
  unpaid_debtor_cases, revoked_day, last_seen_day
FROM (
{{columns portfolio_status_rows}}
)
{{columns view_settings}}
COMMENT '客户现状：每个客户与匹配到的企业一行，没有匹配到企业的客户也有一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.portfolio_status_masked {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  portfolio LowCardinality(String) COMMENT '客户名单名称',
  customer_name Nullable(String) COMMENT '客户名称；个体工商户与自然人仅保留首字，其余以 ※ 与所匹配企业的假名代替，没有匹配到或匹配到多家企业时没有假名',
  customer_credit_code Nullable(String) COMMENT '名单中的统一社会信用代码；缺失、校验位不符、按个体工商户脱敏时为空',
  customer_reg_no Nullable(String) COMMENT '名单中的注册号；缺失、不是 13 或 15 位数字、按个体工商户脱敏时为空',
{{columns portfolio_customer_state}},
  corp_name Nullable(String) COMMENT '企业现用名称；个体工商户仅保留首字，其余以 ※ 与假名代替',
{{columns portfolio_company_state}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH is_sole_trader_by_file OR ifNull(s.is_sole_trader, false) AS is_hidden, s.customer_reg_no AS reg_no
SELECT
  account, portfolio,
  if(is_hidden, concat(leftUTF8(s.customer_name, 1), '※', customer_pseudonym), s.customer_name) AS customer_name,
  if(is_hidden OR NOT is_code_right, NULL, s.customer_credit_code) AS customer_credit_code,
  if(is_hidden, NULL,
{{columns company_reg_no}}
  ) AS customer_reg_no,
{{columns portfolio_status_values}},
  if(ifNull(is_sole_trader, false), concat(leftUTF8(s.corp_name, 1), '※', ifNull(pseudonym, '')), s.corp_name) AS corp_name,
  is_sole_trader, risk_state, on_abnormal_list, abnormal_since_day, on_violation_list, violation_since_day,
  unpaid_debtor_cases, revoked_day, last_seen_day
FROM (
{{columns portfolio_status_rows}}
) AS s
{{columns view_settings}}
COMMENT '客户现状（已脱敏，供分析师使用）：每个客户与匹配到的企业一行，没有匹配到企业的客户也有一行；不含名单中的其他列'
;

CREATE VIEW IF NOT EXISTS {{database}}.portfolio_changes {{on_cluster}} (
{{columns portfolio_customer}}
{{columns change}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  portfolio, member, customer_name, matched_by, is_ambiguous, has_other_credit_code,
  c.account AS account, c.corp_key_no AS corp_key_no, id, corp_name, credit_code, reg_no,
  type, type_name, category, category_name, direction, change_content,
{{columns change_values}}
{{columns portfolio_changes_of_customers}}
{{columns view_settings}}
COMMENT '客户的变更：每个客户与其企业的每条变更一行，列同 changes；一家企业是多个客户时，每个客户各一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.portfolio_changes_masked {{on_cluster}} (
{{columns masked_portfolio_customer}}
{{columns masked_change_row}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  portfolio,
  if(
    -- A customer that was matched by the credit code of a company is a company, even if this push lacks the code.
    customer_is_sole_trader OR (is_sole_trader AND matched_by != 'CREDIT_CODE'),
    concat(leftUTF8(x.customer_name, 1), '※', if(is_ambiguous, '', ifNull(owner_pseudonym, ''))), x.customer_name
  ) AS customer_name,
  matched_by, is_ambiguous, has_other_credit_code,
  c.account AS account, c.corp_key_no AS corp_key_no, id,
{{columns masked_owner_name}},
  is_sole_trader, type, type_name, category, category_name, direction,
  masked_content AS change_content,
{{columns change_values}}
{{columns portfolio_changes_of_customers}}
{{columns view_settings}}
COMMENT '客户的变更（已脱敏，供分析师使用）：每个客户与其企业的每条变更一行，列同 changes_masked'
;
