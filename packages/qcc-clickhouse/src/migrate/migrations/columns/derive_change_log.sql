WITH
{{columns sole_trader}},
{{columns direction}} AS direction,
{{columns shown_content}} AS shown_content,
{{columns masked_content}} AS masked_content
SELECT
{{columns change_log_values}},
  -- True if this push is older than all other known pushes of its id, or is a replay. Then rows that were written before may be wrong.
  (NOT is_repeat AND first != last) OR revision > 0 AS amends
FROM {{database}}.record_history AS record
INNER JOIN {{database}}.first_pushes AS pushes USING (account, corp_key_no, id)
{{columns later_places}}
