-- An insert is acknowledged once its parts are on the disk, so that no table of an order survives a power loss without the
-- others. Merges need no setting: the engine keeps the parts they replace for eight minutes. A cluster has other replicas
-- instead (insert_quorum), and leaves the disk to the system.
ALTER TABLE {{database}}.record_history {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.record_current {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.order_events {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.order_discards {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.order_ledger {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.dead_letters {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.service_settings {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.coverage_facts {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.detail_spend_entries {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.dead_letter_actions {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.order_closures {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.erasures {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.erased_occurrences {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;

ALTER TABLE {{database}}.schema_migrations {{on_cluster}}
  MODIFY SETTING fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
;
