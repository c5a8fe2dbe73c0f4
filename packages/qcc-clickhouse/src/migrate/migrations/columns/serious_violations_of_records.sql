SELECT
  account, record.id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
  detail.add_date AS add_date,
  detail.add_office AS add_office,
  detail.add_reason AS add_reason,
  record.serious_violations_add_date_raw[detail_no] AS add_date_raw,
  record.serious_violations_extra[detail_no] AS extra,
  owner_pseudonym
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN serious_violations AS detail, arrayEnumerate(serious_violations) AS detail_no
