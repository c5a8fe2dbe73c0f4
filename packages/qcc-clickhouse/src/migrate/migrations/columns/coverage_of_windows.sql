WITH
  checks AS (
    SELECT
      account,
      assumeNotNull(f.day) AS day,
      CAST(assumeNotNull(f.push_window) AS String) AS push_window,
      argMax((f.window_start, f.window_end, f.at, f.orders, f.covered, f.closed), (f.at, f.source_offset)) AS newest
    FROM {{database}}.coverage_facts AS f
    WHERE kind = 'CHECKED'
    GROUP BY account, day, push_window
  ),
  -- The hours as they were set on each day of a check; the first known setting holds for the days before, too.
  settings AS (
    SELECT
      account,
      if(row_number() OVER (PARTITION BY account ORDER BY at_day) = 1, toDate(0), at_day) AS since,
      hours
    FROM (
      SELECT account, at_day, argMax(push_windows, (at, source_offset)) AS hours
      FROM {{database}}.coverage_facts
      WHERE kind = 'CHECKED'
      GROUP BY account, at_day
      UNION ALL
      SELECT account, toDate(min(ifNull(o.push_date, o.received_at))), [9, 11, 13, 15, 17, 19]
      FROM {{database}}.orders AS o
      WHERE account NOT IN (SELECT account FROM {{database}}.coverage_facts WHERE kind = 'CHECKED')
      GROUP BY account
    )
  ),
  days AS (
    SELECT
      account,
      first_day + arrayJoin(range(toUInt32(greatest(0, toDate(now('Asia/Shanghai')) - first_day) + 1))) AS day
    FROM (
      SELECT account, min(known_day) AS first_day
      FROM (
        SELECT account, day AS known_day FROM checks
        UNION ALL
        SELECT account, assumeNotNull(ifNull(o.push_day, o.received_day))
        FROM {{database}}.orders AS o
        WHERE ifNull(o.push_day, o.received_day) IS NOT NULL
      )
      GROUP BY account
    )
  ),
  expected AS (
    SELECT
      account,
      day,
      concat(leftPad(toString(hour), 2, '0'), '-', leftPad(toString(hour + 2), 2, '0')) AS push_window,
      toDateTime64(toString(day), 3, 'Asia/Shanghai') + toIntervalHour(hour) AS window_start,
      window_start + toIntervalHour(2) AS window_end
    FROM (
      SELECT d.account AS account, d.day AS day, arrayJoin(s.hours) AS hour
      FROM days AS d
      ASOF INNER JOIN settings AS s ON s.account = d.account AND d.day >= s.since
    )
    WHERE window_start <= now64(3)
  ),
  -- An open gap shows on the windows it touches and, since it may touch none, on each of its days as other.
  gap_days AS (
    SELECT account, after_day + arrayJoin(range(toUInt32(before_day - after_day + 1))) AS day
    FROM {{database}}.coverage_gaps
    WHERE is_open
  ),
  windows AS (
    SELECT
      account,
      day,
      push_window,
      min(start_at) AS window_start,
      min(end_at) AS window_end
    FROM (
      SELECT account, day, push_window, assumeNotNull(newest.1) AS start_at, assumeNotNull(newest.2) AS end_at FROM checks
      UNION ALL
      SELECT account, day, push_window, window_start, window_end FROM expected
      UNION ALL
      SELECT
        account,
        day,
        'other',
        toDateTime64(toString(day), 3, 'Asia/Shanghai'),
        toDateTime64(toString(day + 1), 3, 'Asia/Shanghai')
      FROM gap_days
    )
    GROUP BY account, day, push_window
  ),
  listed AS (
    SELECT
      c.account AS account,
      c.day AS day,
      c.push_window AS push_window,
      countIf(
        o.status = 'COMPLETE'
        OR o.status IN ('FAILED', 'INCOMPLETE')
          AND (o.account, o.order_no, o.revision) IN (
            SELECT account, order_no, revision FROM {{database}}.order_closures_in_force
          )
      ) AS orders_complete
    FROM (SELECT account, day, push_window, arrayJoin(newest.4).1 AS order_no FROM checks) AS c
    INNER JOIN {{database}}.orders AS o ON o.account = c.account AND o.order_no = c.order_no
    GROUP BY account, day, push_window
  ),
  open_gaps AS (
    SELECT account, groupArray((gap_after, gap_before)) AS spans
    FROM {{database}}.coverage_gaps
    WHERE is_open
    GROUP BY account
  )
SELECT
  w.account AS account,
  w.day AS day,
  w.push_window AS push_window,
  w.window_start AS window_start,
  w.window_end AS window_end,
  if(empty(c.account), NULL, c.newest.3) AS last_checked_at,
  toDate(last_checked_at) AS last_checked_day,
  length(c.newest.4) AS orders_listed,
  l.orders_complete AS orders_complete,
  CAST(c.newest.5 AND c.newest.6 AND orders_complete = orders_listed AS Bool) AS complete,
  arrayMap(o -> o.1, c.newest.4) AS order_nos,
  multiIf(
    arrayExists(span -> span.1 < w.window_end AND span.2 >= w.window_start, g.spans), 'GAP',
    NOT complete, 'NOT_CHECKED',
    orders_listed = 0, 'NOTHING_LISTED',
    'COMPLETE'
  ) AS verdict
FROM windows AS w
LEFT JOIN checks AS c ON c.account = w.account AND c.day = w.day AND c.push_window = w.push_window
LEFT JOIN listed AS l ON l.account = w.account AND l.day = w.day AND l.push_window = w.push_window
LEFT JOIN open_gaps AS g ON g.account = w.account
