SELECT
  account, record.id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
  detail.add_reason AS add_reason,
  detail.add_date AS add_date,
  toDate32(detail.add_date) AS add_day,
  detail.remove_reason AS remove_reason,
  detail.remove_date AS remove_date,
  toDate32(detail.remove_date) AS remove_day,
  detail.decision_office AS decision_office,
  detail.remove_decision_office AS remove_decision_office,
  record.exceptions_add_date_raw[detail_no] AS add_date_raw,
  record.exceptions_remove_date_raw[detail_no] AS remove_date_raw,
  record.exceptions_extra[detail_no] AS extra,
  owner_pseudonym
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN exceptions AS detail, arrayEnumerate(exceptions) AS detail_no
