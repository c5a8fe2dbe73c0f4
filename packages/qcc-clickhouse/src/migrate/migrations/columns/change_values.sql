  event_date,
  transform(
    type, ['1', '2', '10', '11'], ['吊销或注销日期', '最近一次列入日期', '最近一次列入日期', '最近一次发布日期'], '未约定'
  ) AS event_date_means,
  change_date, push_date, push_day,
  formatDateTime(push_date, '%F %T', 'Asia/Shanghai') AS pushed_local, toHour(push_date, 'Asia/Shanghai') AS push_hour,
  first_pushed_at, toDate(first_pushed_at) AS first_pushed_day, is_repeat, order_no, revision, position, source,
  detail_status, detail_reason, details_total, details_complete, ingested_at AS stored_at, toDate(ingested_at) AS stored_day
