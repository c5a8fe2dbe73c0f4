-- The first two: see closed_to_filters. query_plan_join_swap_table builds a join from the requested rows, so that a question about a day
-- needs little memory. FINAL may trust skip indexes, because their columns are in the sorting key: all versions of a row are in a granule
-- or none is. optimize_and_compare_chain costs half of the planning time and finds nothing here.
SETTINGS additional_table_filters = {}, parallel_replicas_custom_key = '', query_plan_join_swap_table = 'true',
  use_skip_indexes_if_final_exact_mode = 0,
  optimize_and_compare_chain = 0
