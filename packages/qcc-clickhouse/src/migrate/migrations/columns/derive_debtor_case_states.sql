SELECT
  account, corp_key_no, details.id AS case_id, version, corp_key_no AS reported_by,
  id AS record_id, corp_name, credit_code, owner_pseudonym, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day,
  details.execute_gov AS execute_gov, details.execute_status AS execute_status, details.lian_date AS lian_date,
  details.public_date AS public_date, details.amount AS amount, details.anno AS anno,
  details.anno_normalized AS anno_normalized, details.execute_no AS execute_no, details.action_type_name AS action_type_name,
  details.amount_raw AS amount_raw
FROM {{database}}.record_history
ARRAY JOIN dishonest_debtors AS details
WHERE type = '11'
