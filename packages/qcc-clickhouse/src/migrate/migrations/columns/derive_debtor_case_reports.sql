SELECT
  account, details.id AS case_id, corp_key_no, push_date, push_day, details_fetched_at, details_fetched_day, version,
  details.anno AS anno, details.anno_normalized AS anno_normalized, details.execute_gov AS execute_gov,
  details.execute_no AS execute_no, details.execute_status AS execute_status, details.action_type_name AS action_type_name,
  details.lian_date AS lian_date, details.amount AS amount, details.amount_raw AS amount_raw, details.public_date AS public_date
FROM {{database}}.record_history
ARRAY JOIN dishonest_debtors AS details
WHERE type = '11'
