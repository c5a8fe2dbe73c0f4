-- This table has one row for each case and company. Several changes may report a case, and the newest report replaces the others.
CREATE TABLE IF NOT EXISTS {{database}}.debtor_case_reports {{on_cluster}} (
{{columns table_debtor_case_reports}}
)
ENGINE = {{engine ReplacingMergeTree(version)}}
ORDER BY (account, case_id, corp_key_no)
-- Granules are small, because a few rows are read to find the other companies of a case.
SETTINGS index_granularity = 64, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '失信案件在各企业下的最新应答，由 record_derivations 写入；请查询视图 debtor_cases'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.debtor_case_reports_feed {{on_cluster}}
TO {{database}}.debtor_case_reports (
{{columns table_debtor_case_reports}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_debtor_case_reports, record_history = record_derivations}}
COMMENT '内部：由 record_derivations 写入 debtor_case_reports'
;

INSERT INTO {{database}}.debtor_case_reports
{{columns derive_debtor_case_reports}}
;

-- This table has the same reports by company, so that a question about a company reads only the company's rows. For each company and case,
-- the first row is the company's newest report. If the newest report of the case is from another company, a second row copies its values.
-- The row with the greater version gives the values. The view below writes the first rows. The program that inserts reports then writes the
-- second ones (share-debtor-cases.ts). A view cannot do this, because two concurrent inserts do not see each other's companies.
CREATE TABLE IF NOT EXISTS {{database}}.debtor_case_states {{on_cluster}} (
{{columns table_debtor_case_states}}
)
ENGINE = {{engine ReplacingMergeTree(version)}}
ORDER BY (account, corp_key_no, case_id, reported_by = corp_key_no)
SETTINGS index_granularity = 64, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '失信案件在各涉案企业下的取值：企业自己的最新应答，及从其他企业复制的最新应答；请查询视图 debtor_case_companies'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.debtor_case_states_feed {{on_cluster}}
TO {{database}}.debtor_case_states (
{{columns table_debtor_case_states}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_debtor_case_states, record_history = record_derivations}}
COMMENT '内部：由 record_derivations 将企业自己的应答写入 debtor_case_states'
;

INSERT INTO {{database}}.debtor_case_states
{{columns derive_debtor_case_states}}
;

INSERT INTO {{database}}.debtor_case_states
{{columns share_debtor_cases}}
;

CREATE VIEW IF NOT EXISTS {{database}}.debtor_cases {{on_cluster}} (
{{columns debtor_case}},
  anno Nullable(String) COMMENT '【个人信息】案号（原文）',
  anno_normalized Nullable(String) COMMENT '【个人信息】规范化案号：去空白，括号统一为全角，数字统一为半角，便于比对',
  execute_no Nullable(String) COMMENT '【个人信息】执行依据文号',
  action_type_name Nullable(String) COMMENT '【个人信息】失信行为',
  amount_raw Nullable(String) COMMENT '【个人信息】涉案金额（元），原文'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns debtor_case_values}},
  anno, anno_normalized, execute_no, action_type_name, amount_raw
FROM (
{{columns debtor_cases}}
)
{{columns view_settings}}
COMMENT '失信案件：每个案件一行，无论有多少条变更、多少个企业报告它；取值以最近推送的应答为准'
;

CREATE VIEW IF NOT EXISTS {{database}}.debtor_cases_masked {{on_cluster}} (
{{columns debtor_case}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns debtor_case_values}}
FROM (
{{columns debtor_cases}}
)
{{columns view_settings}}
COMMENT '失信案件（不含案号与失信行为，供分析师使用）：每个案件一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.debtor_case_companies {{on_cluster}} (
{{columns debtor_case_company}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, case_id, corp_key_no, corp_name, credit_code,
  execute_gov, execute_status, ifNull(execute_status, '') != '全部已履行' AS is_unpaid, lian_date, public_date, amount,
  record_id, order_no, push_date, push_day, details_fetched_at, details_fetched_day,
  anno, anno_normalized, execute_no, action_type_name, amount_raw
FROM (
{{columns debtor_case_rows}}
)
{{columns view_settings}}
COMMENT '失信案件与企业：每个案件与涉及的企业一行。按企业汇总用本视图，合计请用 debtor_cases'
;

CREATE VIEW IF NOT EXISTS {{database}}.debtor_case_companies_masked {{on_cluster}} (
{{columns masked_debtor_case_company}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, case_id, corp_key_no,
{{columns masked_owner_name}},
  is_sole_trader, execute_gov, execute_status, ifNull(execute_status, '') != '全部已履行' AS is_unpaid, lian_date, public_date, amount,
  record_id, order_no, push_date, push_day, details_fetched_at, details_fetched_day
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM (
{{columns debtor_case_rows}}
  )
)
{{columns view_settings}}
COMMENT '失信案件与企业（已脱敏，供分析师使用）：每个案件与涉及的企业一行'
;
