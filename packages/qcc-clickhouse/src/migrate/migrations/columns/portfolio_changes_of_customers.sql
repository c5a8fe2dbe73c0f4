-- This is not wrapped in a subquery, because each layer of a view costs planning time for all of its columns.
FROM {{database}}.portfolio_log AS c FINAL
INNER JOIN (
{{columns portfolio_companies_matched}}
) AS x ON x.account = c.account AND x.corp_key_no = c.corp_key_no
WHERE NOT is_superseded
