SELECT
  account, corp_key_no, type AS list, if(fact = 'DETAILS', '', id) AS change_id, since_day,
  if(
    fact = 'TEXT' AND direction IN ('列入', '移出'),
    [(version, push_date, ifNull(direction = '列入', false), listing_day, is_guess, reported_day, has_rows AND NOT is_late_removal)],
    []
  ) AS pushes,
  -- If details have two entries with the same first day, the one that was not removed counts.
  if(fact = 'DETAILS', (version, ifNull(remove_day, toDate32('2299-12-31'))), (0, toDate32('2299-12-31'))) AS details,
  if(
    fact = 'DETAILS',
    (version, add_reason, office, remove_reason, remove_office),
    defaultValueOfTypeName('{{columns entry_reasons_type}}')
  ) AS reasons,
  if(
    fact = 'TEXT' AND is_whole,
    [(fetched_day, version, if(direction = '移出' AND NOT is_late_removal, reported_day, toDate32('2299-12-31')), push_date)],
    []
  ) AS responses
-- This query is nested, because ClickHouse analyzes an expression again for each use of its alias.
FROM (
  SELECT
    *, entry.1 AS fact, entry.2 AS since_day, CAST(entry.3, 'Nullable(Date32)') AS remove_day, CAST(entry.4, 'Nullable(String)') AS add_reason,
    CAST(entry.5, 'Nullable(String)') AS office, CAST(entry.6, 'Nullable(String)') AS remove_reason,
    CAST(entry.7, 'Nullable(String)') AS remove_office
  FROM (
    SELECT
      account, corp_key_no, type, id, push_date, version, direction, fetched_day, has_rows, is_late_removal, is_whole, reported_day, listing_day, is_guess,
      arrayConcat(
        [('TEXT', toDate32('1900-01-01'), NULL, NULL, NULL, NULL, NULL)],
        arrayMap(
          x -> (
            'DETAILS',
            multiIf(
              x.add_day IS NOT NULL, assumeNotNull(x.add_day),
              -- If the only entry of a response has no first day, it began on event_date, unless it ended before that day.
              length(entries) = 1 AND event_day IS NOT NULL AND ifNull(x.remove_day >= event_day, true), assumeNotNull(event_day),
              toDate32('1900-01-01')
            ),
            -- If the change is a removal, and the entry has a reason or an office for it, the entry was removed, even if its removal day
            -- cannot be read.
            multiIf(
              x.remove_day IS NOT NULL, x.remove_day,
              direction = '移出' AND match(concat(ifNull(x.remove_reason, ''), ifNull(x.remove_office, '')), '\\p{Han}{2}'), reported_day,
              NULL
            ),
            x.add_reason, x.office, x.remove_reason, x.remove_office
          ),
          entries
        ),
        arrayMap(x -> ('DETAILS', ifNull(x.add_day, toDate32('1900-01-01')), NULL, x.add_reason, x.office, NULL, NULL), violations)
      ) AS facts
    FROM (
      SELECT
        *,
        notEmpty(entries) OR notEmpty(violations) AS has_rows,
        -- If details of 严重违法 were fetched days after a removal, they do not show on which day an entry was removed. The text does.
        type = '10' AND ifNull(direction = '移出', false) AND fetched_day > toDate32(push_date) + 1 AS is_late_removal,
        -- Details of 严重违法 list only present entries, so the lookup after the last removal has no result. If an entry of a response has
        -- no first day, the response does not show which entries it lacks.
        type = '10' AND (
          notEmpty(violations) AND ifNull(details_complete, true) AND NOT arrayExists(x -> x.add_day IS NULL, violations)
            OR ifNull(direction = '移出', false) AND detail_status = 'NO_RESULT'
        ) AS is_whole,
        event_day IS NULL AND empty(entries_by_then) AS is_guess,
        multiIf(
          event_day IS NOT NULL, assumeNotNull(event_day),
          direction = '移出', toDate32('1900-01-01'),
          -- A listing without event_date is about the newest of `entries_by_then` that is still open, or else about the newest of them.
          notEmpty(entries_by_then), assumeNotNull(arrayReduce('max', entries_by_then).day),
          reported_day
        ) AS listing_day
      FROM (
        SELECT
          *,
          -- These entries have a first day and were not removed before the reported day.
          CAST(arrayFilter(x -> x.2 IS NOT NULL, arrayConcat(
            arrayMap(x -> (x.remove_day IS NULL, x.add_day), arrayFilter(x -> ifNull(x.remove_day >= reported_day, true), entries)),
            arrayMap(x -> (true, x.add_day), violations)
          )), 'Array(Tuple(is_open Bool, day Nullable(Date32)))') AS entries_by_then
        FROM (
          -- 1900-01-01 means that there is no date.
          WITH (day -> nullIf(toDate32(day), toDate32('1900-01-01'))) AS known_day
          SELECT
            account, corp_key_no, type, id, push_date, version, direction, detail_status, details_complete,
            toDate32(ifNull(details_fetched_at, push_date)) AS fetched_day,
            known_day(event_date) AS event_day,
            ifNull(known_day(change_date), toDate32(push_date)) AS reported_day,
            arrayMap(
              x -> CAST(
                (known_day(x.add_date), known_day(x.remove_date), x.add_reason, x.decision_office, x.remove_reason, x.remove_decision_office),
                'Tuple(add_day Nullable(Date32), remove_day Nullable(Date32), add_reason Nullable(String), office Nullable(String), remove_reason Nullable(String), remove_office Nullable(String))'
              ),
              exceptions
            ) AS entries,
            arrayMap(
              x -> CAST(
                (known_day(x.add_date), x.add_reason, x.add_office),
                'Tuple(add_day Nullable(Date32), add_reason Nullable(String), office Nullable(String))'
              ),
              serious_violations
            ) AS violations
          FROM {{database}}.record_facts
          WHERE type IN ('2', '10')
        )
      )
    )
  )
  -- ARRAY JOIN is used instead of arrayJoin(), which would copy, for each entry, the arrays that later expressions read.
  ARRAY JOIN facts AS entry
)
