    -- Each value has its own argMax, so that a query computes only the columns that it needs. argMax skips NULL, so tuple() keeps a newest
    -- value that is NULL.
    argMax(tuple(r.execute_gov), r.version).1 AS execute_gov,
    argMax(tuple(r.execute_status), r.version).1 AS execute_status,
    argMax(tuple(r.lian_date), r.version).1 AS lian_date,
    argMax(tuple(r.public_date), r.version).1 AS public_date,
    argMax(tuple(r.amount), r.version).1 AS amount,
    argMax(tuple(r.anno), r.version).1 AS anno,
    argMax(tuple(r.anno_normalized), r.version).1 AS anno_normalized,
    argMax(tuple(r.execute_no), r.version).1 AS execute_no,
    argMax(tuple(r.action_type_name), r.version).1 AS action_type_name,
    argMax(tuple(r.amount_raw), r.version).1 AS amount_raw
