-- Every occurrence, ordered by company: a company's timeline reads a few granules. The pending and the settled version
-- of an occurrence share the key, the greater version stays. No partitions: one company must not mean one granule in
-- every month.
CREATE TABLE IF NOT EXISTS {{database}}.record_history {{on_cluster}} (
{{columns record}}
)
ENGINE = {{engine ReplacingMergeTree(version)}}
ORDER BY (account, corp_key_no, id, push_date, order_no, revision, position)
COMMENT '变更记录全部历史，每次推送中的每条记录一行；查询请加 FINAL'
;

-- What follows from the other columns has its default here, so that no writer can get it wrong.
ALTER TABLE {{database}}.record_history {{on_cluster}}
  MODIFY COLUMN push_day Date DEFAULT toDate(push_date),
  MODIFY COLUMN details_fetched_day Nullable(Date) DEFAULT toDate(details_fetched_at),
  MODIFY COLUMN source_day Date DEFAULT toDate(source_time),
  MODIFY COLUMN ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai'),
  MODIFY COLUMN ingested_day Date DEFAULT toDate(ingested_at)
;

CREATE TABLE IF NOT EXISTS {{database}}.record_current {{on_cluster}} (
{{columns record}}
)
ENGINE = {{engine ReplacingMergeTree(version)}}
ORDER BY (account, id)
COMMENT '变更记录当前状态，每个账号与记录 ID 一行；合并前可能有旧版本，请查询视图 records'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.record_current_feed {{on_cluster}}
TO {{database}}.record_current (
{{columns record}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.record_history
COMMENT '内部：由 record_history 写入 record_current'
;
