-- The server keeps the text of each mutation, so an erasure lists its companies in this table instead of in the text. It deletes them from
-- the table when it ends. If a run is interrupted, they stay for the next run.
CREATE TABLE IF NOT EXISTS {{database}}.erasing_companies {{on_cluster}} (
  erasure_id String COMMENT '删除标识，见 erasures',
  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  keeps_records Bool COMMENT '该企业的记录是否保留：仅删除姓名，或其失信案件取值曾来自被删除的企业时为 true，汇总数据须由 record_history 重新生成'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (erasure_id, account, corp_key_no)
SETTINGS fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '内部：正在删除的企业，删除完成后清空'
;
