SELECT
  account, corp_key_no, id,
{{columns masked_company}},
    if(is_sole_trader, NULL, reg_no) AS reg_no,
  is_sole_trader, type, type_name, category, category_name,
  -- Only of these types the text names no one but the company; of a 个体工商户, that is a person: whether something began or
  -- ended is all that is kept of it.
  multiIf(
    type NOT IN ('1', '2', '3', '7', '8', '10', '11', '14', '15'), NULL,
    NOT is_sole_trader, change_content,
    match(change_content, '移出|移除|恢复'), '移出',
    match(change_content, '列入|新增'), '列入',
    NULL
  ) AS change_content,
  event_date, change_date, order_no, revision, position, push_date, push_day, source,
  detail_status, details_fetched_at, details_fetched_day, details_total
