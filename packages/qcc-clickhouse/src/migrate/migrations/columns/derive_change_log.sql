SELECT
  account, push_day, corp_key_no, id, push_date, order_no, revision, position,
  corp_name, credit_code, reg_no, owner_pseudonym, type, type_name, category, category_name,
{{columns direction}} AS direction,
  change_content, event_date, change_date, source, detail_status, detail_reason, details_total, details_complete,
  version, source_time, ingested_at
