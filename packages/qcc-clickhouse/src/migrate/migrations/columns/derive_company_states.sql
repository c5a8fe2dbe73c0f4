SELECT
  account, corp_key_no,
  push_date AS first_seen_at,
  push_date AS last_seen_at,
  mapFilter((fact, at) -> position(fact, ':') < length(fact), map(
    concat('NAME:', known_name), known_at,
    concat('FORMER_NAME:', known_former_name), known_at,
    concat('CREDIT_CODE:', known_credit_code), known_at,
    concat('PSEUDONYM:', ifNull(owner_pseudonym, '')), push_date,
    concat('FAKE_STATE_OWNED:', if(type = '15', ifNull(direction, ''), '')), push_date,
    -- The time of this fact is the update date of the record, because a repeated record is not a new event.
    concat('FAKE_STATE_OWNED_DAY:', if(type = '15' AND change_day IS NOT NULL, ifNull(direction, ''), '')),
    toDateTime64(ifNull(change_day, toDate32('1900-01-01')), 3, 'Asia/Shanghai')
  )) AS facts_last,
  -- FINAL compares texts twice as fast as tuples.
  if(known_credit_code = '', '', concat(toString(known_at), known_credit_code)) AS credit_code_last,
  if(known_reg_no = '', '', concat(toString(known_at), known_reg_no)) AS reg_no_last,
  -- An event date ranks above an update date, and an update date above a push date. The latest date counts, but of push dates the earliest.
  multiIf(
    type != '1', (0, 0, toDate32('1900-01-01')),
    event_day IS NOT NULL, (3, toInt32(assumeNotNull(event_day)), assumeNotNull(event_day)),
    change_day IS NOT NULL, (2, toInt32(assumeNotNull(change_day)), assumeNotNull(change_day)),
    (1, -toInt32(toDate32(push_date)), toDate32(push_date))
  ) AS revoked_last
FROM (
  -- 1900-01-01 means that there is no date.
  SELECT
    *, nullIf(event_date, toDate32('1900-01-01')) AS event_day, nullIf(change_date, toDate32('1900-01-01')) AS change_day,
    -- A replay corrects what its order said. QCC's push times are whole seconds.
    push_date + toIntervalMillisecond(least(revision, 999)) AS known_at
  FROM {{database}}.record_facts
)
