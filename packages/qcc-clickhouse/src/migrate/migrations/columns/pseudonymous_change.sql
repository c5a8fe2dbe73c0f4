SELECT
  account, corp_key_no, id,
{{columns masked_owner_name}},
    if(is_sole_trader, NULL,
{{columns company_reg_no}}
    ) AS reg_no,
  is_sole_trader, type, type_name, category, category_name,
{{columns masked_content}} AS change_content,
  event_date, change_date, order_no, revision, position, push_date, push_day, source,
  detail_status, details_fetched_at, details_fetched_day, details_total
