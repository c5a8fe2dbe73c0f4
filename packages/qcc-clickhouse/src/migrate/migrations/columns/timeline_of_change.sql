  account, corp_key_no,
  -- Both 1900-01-01 and NULL mean that there is no date.
  multiIf(type = '1' AND event_date != '1900-01-01', event_date, change_date != '1900-01-01', change_date, toDate32(push_day)) AS day,
  multiIf(type = '1' AND event_date != '1900-01-01', '吊销或注销日期', change_date != '1900-01-01', '更新日期', '推送日期') AS day_means,
  ifNull(type_name, concat('监测类型', type)) AS event, category, change_content AS content, 'TEXT' AS evidence, id AS reference,
  toNullable(push_day) AS pushed_day
