  is_sole_trader, if(is_sole_trader, '个体工商户', '企业') AS kind, province, city,
  first_seen_at, toDate(first_seen_at) AS first_seen_day, last_seen_at, toDate(last_seen_at) AS last_seen_day
