  account, corp_key_no, list, transform(list, ['2', '10'], ['经营异常', '严重违法'], list) AS list_name,
  is_on, since_day, until_day,
  toInt32(dateDiff('day', since_day, ifNull(until_day, toDate32(now('Asia/Shanghai'))))) AS duration_days, spells,
  entries, open_entries, evidence, details_missing,
  listed_at AS listed_pushed_at, toDate(listed_at) AS listed_pushed_day, removed_at AS removed_pushed_at,
  toDate(removed_at) AS removed_pushed_day,
{{columns add_reason_classes}} AS add_reason_classes,
  offices, remove_offices
