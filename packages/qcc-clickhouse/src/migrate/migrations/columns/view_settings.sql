-- The first two: see closed_to_filters. The last: rows that a join needs are found by the index, so that a lookup reads few rows.
SETTINGS additional_table_filters = {}, parallel_replicas_custom_key = '', enable_join_runtime_filters_index_analysis = 1
