SELECT
  account, corp_key_no, id, type, category, push_date, order_no, revision, position, version, event_date, change_date, credit_code,
  owner_pseudonym, detail_status, detail_reason, details_fetched_at, details_truncated, details_complete, exceptions, serious_violations,
{{columns credit_code}},
{{columns identities}},
{{columns direction}} AS direction
FROM {{database}}.record_history
