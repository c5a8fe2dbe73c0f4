SELECT
  account, corp_key_no, type AS list, since_day, if(fact = 'DETAILS', '', id) AS change_id,
  if(fact = 'LISTED', push_date, NULL) AS listed_at,
  if(fact = 'LISTED', version, NULL) AS listed_version,
  if(fact = 'LISTED', event_date IS NULL AND empty(days_of_details), NULL) AS is_guess,
  if(fact = 'REMOVED', push_date, NULL) AS removed_at,
  if(fact = 'REMOVED' AND NOT has_rows, (version, told_day), (toUInt256(-1), toDate32('1900-01-01'))) AS removal,
  if(fact = 'REMOVED' AND has_rows, version, NULL) AS explained_version,
  -- Of two entries of one day, the one that is not removed decides.
  if(fact = 'DETAILS', (version, ifNull(remove_day, toDate32('2299-12-31'))), (0, toDate32('2299-12-31'))) AS details,
  if(
    fact = 'DETAILS',
    (version, add_reason, office, remove_reason, remove_office),
    defaultValueOfTypeName('{{columns entry_reasons_type}}')
  ) AS reasons,
  if(
    fact = 'RESPONSE', (version, if(direction = '移出', told_day, toDate32(push_date))), (0, toDate32('1900-01-01'))
  ) AS response
-- In steps: ClickHouse analyzes an expression again wherever its alias is used.
FROM (
  SELECT
    *, entry.1 AS fact, entry.2 AS since_day, CAST(entry.3, 'Nullable(Date32)') AS remove_day, CAST(entry.4, 'Nullable(String)') AS add_reason,
    CAST(entry.5, 'Nullable(String)') AS office, CAST(entry.6, 'Nullable(String)') AS remove_reason,
    CAST(entry.7, 'Nullable(String)') AS remove_office
  FROM (
    SELECT
      account, corp_key_no, type, id, push_date, change_date, event_date, version, direction,
      notEmpty(exceptions) OR notEmpty(serious_violations) AS has_rows,
      ifNull(change_date, toDate32(push_date)) AS told_day,
      -- Of the entries that were not removed by then: whether one is open, and its day.
      arrayFilter(x -> x.2 IS NOT NULL, arrayConcat(
        arrayMap(
          x -> (x.remove_date IS NULL, toDate32(x.add_date)), arrayFilter(x -> ifNull(toDate32(x.remove_date) >= told_day, true), exceptions)
        ),
        arrayMap(x -> (true, x.add_date), serious_violations)
      )) AS days_of_details,
      arrayJoin(arrayConcat(
        [(
          multiIf(direction = '列入', 'LISTED', direction = '移出', 'REMOVED', 'UNCLEAR'),
          -- If a text names no day, its entry is the newest one of its details.
          multiIf(
            event_date IS NOT NULL, assumeNotNull(event_date),
            direction != '列入' OR direction IS NULL, toDate32('1900-01-01'),
            notEmpty(days_of_details), assumeNotNull(arrayReduce('max', days_of_details).2),
            told_day
          ),
          NULL, NULL, NULL, NULL, NULL
        )],
        arrayMap(
          x -> (
            'DETAILS',
            multiIf(
              x.add_date IS NOT NULL, assumeNotNull(toDate32(x.add_date)),
              -- The only entry of a response is the one that the text names, unless it ended before that.
              length(exceptions) = 1 AND event_date IS NOT NULL AND ifNull(toDate32(x.remove_date) >= event_date, true),
              assumeNotNull(event_date),
              toDate32('1900-01-01')
            ),
            -- With a reason or an office, it was removed, also if its day cannot be read.
            multiIf(
              x.remove_date IS NOT NULL, toDate32(x.remove_date),
              direction = '移出' AND match(concat(ifNull(x.remove_reason, ''), ifNull(x.remove_decision_office, '')), '\\p{Han}{2}'), told_day,
              NULL
            ),
            x.add_reason, x.decision_office, x.remove_reason, x.remove_decision_office
          ),
          exceptions
        ),
        arrayMap(
          x -> ('DETAILS', ifNull(x.add_date, toDate32('1900-01-01')), NULL, x.add_reason, x.add_office, NULL, NULL),
          serious_violations
        ),
        if(
          has_rows AND ifNull(details_complete, true),
          [('RESPONSE', toDate32('1900-01-01'), NULL, NULL, NULL, NULL, NULL)],
          []
        )
      )) AS entry
    FROM {{database}}.record_facts
    WHERE type IN ('2', '10')
  )
)
