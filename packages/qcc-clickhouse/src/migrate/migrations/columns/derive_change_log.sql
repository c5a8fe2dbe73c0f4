WITH
{{columns sole_trader}},
{{columns direction}} AS direction
SELECT
{{columns change_log_values}},
  -- An older push than another one, or a later revision: rows that were written before may say something else.
  (NOT is_repeat AND last != (push_date, order_no, position)) OR revision > 0 AS amends
FROM {{database}}.record_history AS record
INNER JOIN {{database}}.first_pushes AS pushes USING (account, corp_key_no, id)
