-- Changes are ordered by month, and by company within a month. A question about some days reads only their months. A question about a
-- company searches each month by the key: ordered by week, it would search four times as often. record_history is ordered by
-- company. Each row says whether its push repeats an earlier one and whether a later revision supersedes it, so questions need no join.
CREATE TABLE IF NOT EXISTS {{database}}.change_log {{on_cluster}} (
{{columns table_change_log}}
)
ENGINE = {{engine ReplacingMergeTree(change_version)}}
ORDER BY (account, toStartOfMonth(push_day), corp_key_no, id, push_date, order_no, revision, position)
-- A company has few changes in a month, so its changes are far apart. For each of them, the engine decompresses a small block.
SETTINGS index_granularity = 1024, min_compress_block_size = 4096, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '按推送所在的月与企业排列的变更，由 record_derivations 写入；请查询视图 changes'
;

ALTER TABLE {{database}}.change_log {{on_cluster}}
  ADD INDEX IF NOT EXISTS by_id id TYPE bloom_filter(0.001) GRANULARITY 1,
  -- The engine reads this coarse index first. It rules out most granules, so about a tenth of by_id has to be read.
  ADD INDEX IF NOT EXISTS by_id_far id TYPE bloom_filter(0.1) GRANULARITY 64,
  ADD INDEX IF NOT EXISTS by_company corp_key_no TYPE bloom_filter(0.001) GRANULARITY 1,
  ADD INDEX IF NOT EXISTS by_order order_no TYPE bloom_filter(0.001) GRANULARITY 1
;

-- Each row has the first and the last push of an id, and its replays. The order of arrival does not matter.
CREATE TABLE IF NOT EXISTS {{database}}.first_pushes {{on_cluster}} (
{{columns table_first_pushes}}
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, corp_key_no, id)
SETTINGS index_granularity = 128, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '变更记录的首次与最近推送，由 record_derivations 汇总；请查询视图 changes'
;

ALTER TABLE {{database}}.first_pushes {{on_cluster}}
  ADD INDEX IF NOT EXISTS by_id id TYPE bloom_filter(0.001) GRANULARITY 1
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.first_pushes_feed {{on_cluster}}
TO {{database}}.first_pushes (
{{columns table_first_pushes}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_first_pushes, record_history = record_derivations}}
COMMENT '内部：由 record_derivations 写入 first_pushes'
;

INSERT INTO {{database}}.first_pushes
{{columns derive_first_pushes}}
;

-- This table lists ids of which other rows may have to be amended. The program that inserts records amends these rows afterwards
-- (follow-up-derivations.ts).
CREATE TABLE IF NOT EXISTS {{database}}.change_amendments {{on_cluster}} (
{{columns table_change_amendments}},
  noted_day Date DEFAULT toDate(noted_at) COMMENT '登记日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (noted_at, account, corp_key_no, id)
TTL noted_day + INTERVAL 2 DAY
SETTINGS fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '内部：在 change_log 中的行可能需要更正的记录 ID（收到了更早的推送或后来的解析轮次，或其位置已有另一记录、已无记录），保留两天'
;

-- This table lists orders that have records of a later revision, or whose later revision is published to its end. That revision may supersede
-- rows of earlier ones. The program that inserts records or facts finds these rows and notes their ids in change_amendments.
CREATE TABLE IF NOT EXISTS {{database}}.order_amendments {{on_cluster}} (
{{columns table_order_amendments}},
  noted_day Date DEFAULT toDate(noted_at) COMMENT '登记日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (noted_at, account, order_no)
TTL noted_day + INTERVAL 2 DAY
SETTINGS fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '内部：收到了后来的解析轮次、或后来的轮次已全部发布的订单，其以前各轮的行可能被取代，保留两天'
;

-- These sets hold the positions of an order that are in change_log. The order is complete for analysts once they contain all positions that
-- the ledger counts as stored and settled.
ALTER TABLE {{database}}.order_ledger {{on_cluster}}
  ADD COLUMN IF NOT EXISTS derived AggregateFunction(groupBitmap, UInt32) COMMENT '已写入 change_log 的位置集合，含已删除的',
  ADD COLUMN IF NOT EXISTS derived_settled AggregateFunction(groupBitmap, UInt32) COMMENT '其中详情已有定论的位置集合，含已删除的'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.change_log_feed {{on_cluster}}
TO {{database}}.change_log (
{{columns table_change_log}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_change_log, record_history = record_derivations, first_pushes = columns pushes_with_new}}
COMMENT '内部：由 record_derivations 写入 change_log'
;

-- The join sorts both sides on disk, so the history may be larger than the memory.
INSERT INTO {{database}}.change_log
{{columns derive_change_log, first_pushes = columns pushes_of_all}}
SETTINGS join_algorithm = 'full_sorting_merge'
;

-- This view is created after the fill. The fill reads all pushes at once, so it leaves nothing to amend.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.change_amendments_feed {{on_cluster}}
TO {{database}}.change_amendments (
{{columns table_change_amendments}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT DISTINCT account, corp_key_no, id, now64(3, 'Asia/Shanghai') AS noted_at
FROM {{database}}.change_log
WHERE amends
COMMENT '内部：由 change_log 写入 change_amendments'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_amendments_feed {{on_cluster}}
TO {{database}}.order_amendments (
{{columns table_order_amendments}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT DISTINCT account, order_no, now64(3, 'Asia/Shanghai') AS noted_at
FROM {{database}}.change_log
-- `amends` is false in rows that an amendment has written.
WHERE amends AND revision > 0
COMMENT '内部：由 change_log 写入 order_amendments'
;

-- Nothing is derived from an erased record, but it supersedes the record that had its position in an earlier revision.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_amendments_from_erased {{on_cluster}}
TO {{database}}.order_amendments (
{{columns table_order_amendments}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT DISTINCT account, order_no, now64(3, 'Asia/Shanghai') AS noted_at
FROM {{database}}.erased_occurrences
WHERE extent = 'RECORD' AND revision > 0
COMMENT '内部：由 erased_occurrences 写入 order_amendments'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_from_change_log {{on_cluster}}
TO {{database}}.order_ledger (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  derived AggregateFunction(groupBitmap, UInt32) COMMENT '已写入 change_log 的位置集合',
  derived_settled AggregateFunction(groupBitmap, UInt32) COMMENT '其中详情已有定论的位置集合'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, order_no, revision,
  groupBitmapState(position) AS derived,
  groupBitmapStateIf(position, detail_status != 'PENDING') AS derived_settled
FROM {{database}}.change_log
GROUP BY account, order_no, revision
COMMENT '内部：由 change_log 写入 order_ledger'
;

-- Nothing is derived from an erased record, so its position counts as derived.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_derived_from_erased {{on_cluster}}
TO {{database}}.order_ledger (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  derived AggregateFunction(groupBitmap, UInt32) COMMENT '已删除的位置集合',
  derived_settled AggregateFunction(groupBitmap, UInt32) COMMENT '已删除的位置集合'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT account, order_no, revision, groupBitmapState(position) AS derived, groupBitmapState(position) AS derived_settled
FROM {{database}}.erased_occurrences
WHERE extent = 'RECORD'
GROUP BY account, order_no, revision
COMMENT '内部：由 erased_occurrences 写入 order_ledger'
;

-- This covers all earlier records. A record that the ledger counts as stored is in change_log by now, or it was erased or deleted since.
INSERT INTO {{database}}.order_ledger (account, order_no, revision, derived, derived_settled)
SELECT account, order_no, revision, groupBitmapMergeState(stored), groupBitmapMergeState(settled)
FROM {{database}}.order_ledger
GROUP BY account, order_no, revision
;

CREATE VIEW IF NOT EXISTS {{database}}.changes {{on_cluster}} (
{{columns change}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, corp_key_no, id, corp_name, credit_code, reg_no, type, type_name, category, category_name, direction, change_content,
{{columns change_values}}
FROM {{database}}.change_log FINAL
WHERE NOT is_superseded
{{columns change_view_settings}}
COMMENT '变更：每次推送中的每条记录一行，重放不重复计，注明是否再次推送。按日、按企业或按记录 ID 查询'
;

CREATE VIEW IF NOT EXISTS {{database}}.changes_masked {{on_cluster}} (
{{columns masked_change_row}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, corp_key_no, id,
{{columns masked_owner_name}},
  is_sole_trader, type, type_name, category, category_name, direction,
  masked_content AS change_content,
{{columns change_values}}
FROM {{database}}.change_log FINAL
WHERE NOT is_superseded
{{columns change_view_settings}}
COMMENT '变更（已脱敏，供分析师使用）：每次推送中的每条记录一行，注明是否再次推送'
;
