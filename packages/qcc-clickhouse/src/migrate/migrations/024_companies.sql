-- The sink inserts a record here after record_history has it. This table stores nothing: its views fill the tables below. So the
-- history, the current rows and the ledger do not wait for these tables.
CREATE TABLE IF NOT EXISTS {{database}}.record_derivations {{on_cluster}} AS {{database}}.record_history
ENGINE = Null
COMMENT '内部：已写入 record_history 的记录由此写入分析用的表，不保存数据'
;

-- The values that several tables below need from a record are computed here, once for all of them. This table stores nothing: its views
-- fill those tables. record_facts_feed, which inserts into it, is created after these views (029_completeness.sql).
CREATE TABLE IF NOT EXISTS {{database}}.record_facts {{on_cluster}} (
{{columns table_record_facts}}
)
ENGINE = Null
COMMENT '内部：由 record_derivations 计算，不保存数据，只供写入分析用的表'
;

-- This table has the known facts about each company, from all its records. It keeps only extremes, such as the last time when a name was
-- pushed. So records may arrive repeatedly and in any order.
CREATE TABLE IF NOT EXISTS {{database}}.company_states {{on_cluster}} (
{{columns table_company_states}}
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, corp_key_no)
-- Granules are small, because a question about ten thousand customers looks up a few rows for each of them.
SETTINGS index_granularity = 128, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '企业的名称与代码，由 record_derivations 经 record_facts 汇总；请查询视图 companies'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.company_states_feed {{on_cluster}}
TO {{database}}.company_states (
{{columns table_company_states}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_company_states}}
COMMENT '内部：由 record_facts 写入 company_states'
;

CREATE TABLE IF NOT EXISTS {{database}}.company_identities {{on_cluster}} (
{{columns table_company_identities}}
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, kind, value, corp_key_no)
SETTINGS index_granularity = 128, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '按代码或名称查找企业，由 record_derivations 经 record_facts 汇总'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.company_identities_feed {{on_cluster}}
TO {{database}}.company_identities (
{{columns table_company_identities}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_company_identities}}
COMMENT '内部：由 record_facts 写入 company_identities'
;

CREATE VIEW IF NOT EXISTS {{database}}.regions {{on_cluster}} (
  code String COMMENT '行政区划代码（GB/T 2260）：2 位为省级，4 位为地级，6 位用于省直辖县级与个别改过代码的市',
  province String COMMENT '省级行政区名称',
  city String COMMENT '地级行政区名称；省级代码与无地级名称的代码为空字符串'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT code, province, city FROM values(
  'code String, province String, city String',
{{columns regions}}
)
COMMENT '行政区划代码表（GB/T 2260，含已撤销的代码）'
;
