-- Whoever reads a view may add settings, in a subquery even where their profile forbids it, and the engine takes these two
-- to the tables behind the view: rows could be counted by what the view does not show.
SETTINGS additional_table_filters = {}, parallel_replicas_custom_key = ''
