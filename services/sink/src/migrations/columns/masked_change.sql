SELECT
  account, corp_key_no, id,
{{columns masked_company}},
    if(is_sole_trader, NULL, reg_no) AS reg_no,
  is_sole_trader, type, type_name, category, category_name,
  -- Only of these types the text names no one; whether something began or ended stands nowhere else.
  if(type IN ('1', '2', '3', '7', '8', '10', '11', '14', '15'), change_content, NULL) AS change_content,
  event_date, change_date, order_no, revision, position, push_date, push_day, source,
  detail_status, details_fetched_at, details_fetched_day, details_total
