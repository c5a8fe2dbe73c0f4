  account, record_id, corp_key_no,
{{columns masked_owner_name}},
  is_sole_trader, type, category, order_no, push_date, push_day, details_fetched_at, details_fetched_day, detail_no
