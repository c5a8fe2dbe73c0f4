-- What one insert brings stays in a few files, until it is merged into something larger: else each of its parts has two for
-- each column, some 270, and making them takes longer than writing what is in them.
ALTER TABLE {{database}}.record_history {{on_cluster}}
  MODIFY SETTING min_bytes_for_wide_part = 67108864
;

ALTER TABLE {{database}}.record_current {{on_cluster}}
  MODIFY SETTING min_bytes_for_wide_part = 67108864
;
