-- For the first two settings, see closed_to_filters. With query_plan_join_swap_table, a join builds its hash table from the requested rows,
-- so that a question about a day needs little memory. optimize_and_compare_chain is off, because it takes half of the planning time and
-- finds nothing here.
-- With optimize_move_to_prewhere_if_final, a question about one company reads the other columns only for its rows.
-- use_skip_indexes_if_final_exact_mode stays on. Without it, the engine evaluates the indexes only while it reads, and a question about an
-- id takes 50 % longer.
-- Clients such as Tableau set join_use_nulls, with which columns of joins would have other types than the view declares.
SETTINGS additional_table_filters = {}, parallel_replicas_custom_key = '', query_plan_join_swap_table = 'true', optimize_and_compare_chain = 0,
  optimize_move_to_prewhere_if_final = 1, join_use_nulls = 0
