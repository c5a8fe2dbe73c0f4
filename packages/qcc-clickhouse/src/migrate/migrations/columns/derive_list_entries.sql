SELECT
  account, corp_key_no, type AS list, since_day, if(fact = 'DETAILS', '', id) AS change_id,
  if(fact = 'LISTED', push_date, NULL) AS listed_at,
  if(fact = 'LISTED', version, NULL) AS listed_version,
  if(fact = 'REMOVED', push_date, NULL) AS removed_at,
  if(fact = 'REMOVED' AND NOT has_rows, (version, ifNull(change_date, toDate32(push_date))), (toUInt256(-1), toDate32('1900-01-01'))) AS removal,
  if(fact = 'REMOVED' AND has_rows, version, NULL) AS explained_version,
  if(fact = 'DETAILS', (version, remove_day), (0, NULL)) AS details,
  if(
    fact = 'DETAILS',
    (version, add_reason, office, remove_reason, remove_office),
    defaultValueOfTypeName('{{columns entry_reasons_type}}')
  ) AS reasons,
  if(
    fact = 'RESPONSE', (version, if(direction = '移出', ifNull(change_date, toDate32(push_date)), toDate32(push_date))), (0, toDate32('1900-01-01'))
  ) AS response
-- In steps: ClickHouse analyzes an expression again wherever its alias is used.
FROM (
  SELECT
    *, entry.1 AS fact, entry.2 AS since_day, CAST(entry.3, 'Nullable(Date32)') AS remove_day, CAST(entry.4, 'Nullable(String)') AS add_reason,
    CAST(entry.5, 'Nullable(String)') AS office, CAST(entry.6, 'Nullable(String)') AS remove_reason,
    CAST(entry.7, 'Nullable(String)') AS remove_office
  FROM (
    SELECT
      account, corp_key_no, type, id, push_date, change_date, version, direction,
      notEmpty(exceptions) OR notEmpty(serious_violations) AS has_rows,
      arrayJoin(arrayConcat(
        [(
          multiIf(direction = '列入', 'LISTED', direction = '移出', 'REMOVED', 'UNCLEAR'),
          ifNull(event_date, if(direction = '列入', ifNull(change_date, toDate32(push_date)), toDate32('1900-01-01'))),
          NULL, NULL, NULL, NULL, NULL
        )],
        arrayMap(
          x -> (
            'DETAILS', ifNull(toDate32(x.add_date), toDate32('1900-01-01')), toDate32(x.remove_date), x.add_reason, x.decision_office,
            x.remove_reason, x.remove_decision_office
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
