-- This table has the known facts about entries on the lists 经营异常 and 严重违法. A row is either an entry in details, identified by its
-- first day, or a change with all its pushes (change_id is not empty). The views match both by the first day of the entry. A change names
-- it as event_date.
CREATE TABLE IF NOT EXISTS {{database}}.list_entries {{on_cluster}} (
{{columns table_list_entries}}
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, corp_key_no, list, change_id, since_day)
SETTINGS index_granularity = 512, fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '经营异常与严重违法名单的条目，由 record_derivations 经 record_facts 汇总；请查询视图 list_spells、list_status'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.list_entries_feed {{on_cluster}}
TO {{database}}.list_entries (
{{columns table_list_entries}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_list_entries}}
COMMENT '内部：由 record_facts 写入 list_entries'
;

-- A removal day in details ends an entry. Without one, a newer text that reports the removal ends it. Details of 严重违法 have no removal
-- day, so the first complete response of a later push that lacks the entry ends it, too. If a text names an earlier removal day, that day
-- counts.
CREATE VIEW IF NOT EXISTS {{database}}.list_spells {{on_cluster}} (
{{columns list_spell}},
  add_reasons Array(String) COMMENT '【个人信息】列入原因；无详情或在列超过 1000 次时为空',
  remove_reasons Array(String) COMMENT '【个人信息】移出原因，仍在列而部分条目已移出的也有；严重违法、无详情或在列超过 1000 次时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns list_spell_names}},
  add_reasons, remove_reasons
FROM (
{{columns list_spells}}
)
{{columns view_settings}}
COMMENT '经营异常、严重违法名单上的每一次在列：从列入到移出一行。某一天在列的企业：since_day <= 该日 且 (until_day IS NULL OR until_day > 该日)'
;

CREATE VIEW IF NOT EXISTS {{database}}.list_spells_masked {{on_cluster}} (
{{columns list_spell}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns list_spell_names}}
FROM (
{{columns list_spells}}
)
{{columns view_settings}}
COMMENT '经营异常、严重违法名单上的每一次在列（不含原因原文，供分析师使用）：从列入到移出一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.list_status {{on_cluster}} (
{{columns list_state}},
  add_reasons Array(String) COMMENT '【个人信息】列入原因；无详情或在列超过 1000 次时为空',
  remove_reasons Array(String) COMMENT '【个人信息】移出原因，仍在列而部分条目已移出的也有；严重违法、无详情或在列超过 1000 次时为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns list_state_names}},
  add_reasons, remove_reasons
FROM (
{{columns list_spells}}
)
WHERE spell_no = spells
{{columns view_settings}}
COMMENT '企业目前是否在经营异常、严重违法名单上：每个企业与名单一行。某一天的情况请查 list_spells'
;

CREATE VIEW IF NOT EXISTS {{database}}.list_status_masked {{on_cluster}} (
{{columns list_state}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns list_state_names}}
FROM (
{{columns list_spells}}
)
WHERE spell_no = spells
{{columns view_settings}}
COMMENT '企业目前是否在经营异常、严重违法名单上（不含原因原文，供分析师使用）：每个企业与名单一行'
;
