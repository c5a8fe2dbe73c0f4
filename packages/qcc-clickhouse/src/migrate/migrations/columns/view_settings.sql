-- The first two: see closed_to_filters. query_plan_join_swap_table builds a join from the requested rows, so that a question about a day
-- needs little memory. optimize_and_compare_chain costs half of the planning time and finds nothing here.
-- With optimize_move_to_prewhere_if_final, a question about one company reads the other columns of its rows only.
-- use_skip_indexes_if_final_exact_mode stays on. Without it, the engine tries the indexes only while it reads, and a question about an id
-- takes half as long again.
SETTINGS additional_table_filters = {}, parallel_replicas_custom_key = '', query_plan_join_swap_table = 'true', optimize_and_compare_chain = 0,
  optimize_move_to_prewhere_if_final = 1
