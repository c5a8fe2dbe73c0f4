-- Who asks for one id knows no company, and each part may hold any: the filters leave out what does not hold it. One in a
-- thousand is mistaken, which at 5 million rows is less than one granule. An index on key columns is exact with FINAL.
ALTER TABLE {{database}}.record_history {{on_cluster}}
  ADD INDEX IF NOT EXISTS by_id id TYPE bloom_filter(0.001) GRANULARITY 1,
  ADD INDEX IF NOT EXISTS by_company corp_key_no TYPE bloom_filter(0.001) GRANULARITY 1
;

ALTER TABLE {{database}}.record_current {{on_cluster}}
  ADD INDEX IF NOT EXISTS by_id id TYPE bloom_filter(0.001) GRANULARITY 1
;

-- Parts that are there already get theirs in the background.
ALTER TABLE {{database}}.record_history {{on_cluster}}
  MATERIALIZE INDEX by_id,
  MATERIALIZE INDEX by_company
;

ALTER TABLE {{database}}.record_current {{on_cluster}}
  MATERIALIZE INDEX by_id
;
