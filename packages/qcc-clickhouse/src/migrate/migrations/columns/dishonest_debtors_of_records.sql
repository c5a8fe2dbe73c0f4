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
  later_execute_no_normalized AS execute_no_normalized,
  later_lian_date_raw AS lian_date_raw,
  later_public_date_raw AS public_date_raw,
  later_extra AS extra,
  owner_pseudonym
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN
  dishonest_debtors AS detail, arrayEnumerate(dishonest_debtors) AS detail_no,
  arrayResize(record.dishonest_debtors_execute_no_normalized, length(record.dishonest_debtors)) AS later_execute_no_normalized,
  arrayResize(record.dishonest_debtors_lian_date_raw, length(record.dishonest_debtors)) AS later_lian_date_raw,
  arrayResize(record.dishonest_debtors_public_date_raw, length(record.dishonest_debtors)) AS later_public_date_raw,
  arrayResize(record.dishonest_debtors_extra, length(record.dishonest_debtors)) AS later_extra
