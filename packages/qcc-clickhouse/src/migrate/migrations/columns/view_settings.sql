-- The first two: see closed_to_filters. The others keep a lookup to few rows, and a question about a day within the memory of a reader.
-- The rows that are asked for are held, and those that a join needs are found by the index. FINAL trusts skip indexes: they are on
-- columns of the sorting key, so all versions of a row are in them or none is. The chain of comparisons takes half of the time of
-- planning and finds nothing here.
SETTINGS additional_table_filters = {}, parallel_replicas_custom_key = '', query_plan_join_swap_table = 'true',
  use_skip_indexes_if_final_exact_mode = 0,
  optimize_and_compare_chain = 0
