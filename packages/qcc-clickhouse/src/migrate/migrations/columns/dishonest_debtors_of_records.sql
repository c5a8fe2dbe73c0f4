SELECT
  account, record.id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
  detail.id AS id,
  detail.anno AS anno,
  detail.anno_normalized AS anno_normalized,
  detail.execute_gov AS execute_gov,
  detail.execute_no AS execute_no,
  detail.execute_status AS execute_status,
  detail.action_type_name AS action_type_name,
  detail.lian_date AS lian_date,
  detail.amount AS amount,
  detail.amount_raw AS amount_raw,
  detail.public_date AS public_date,
  record.dishonest_debtors_execute_no_normalized[detail_no] AS execute_no_normalized,
  record.dishonest_debtors_lian_date_raw[detail_no] AS lian_date_raw,
  record.dishonest_debtors_public_date_raw[detail_no] AS public_date_raw,
  record.dishonest_debtors_extra[detail_no] AS extra,
  owner_pseudonym
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN dishonest_debtors AS detail, arrayEnumerate(dishonest_debtors) AS detail_no
