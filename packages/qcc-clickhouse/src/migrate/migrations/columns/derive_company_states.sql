SELECT
  account, corp_key_no,
  push_date AS first_seen_at,
  push_date AS last_seen_at,
  mapFilter((fact, at) -> NOT endsWith(fact, ':'), map(
    concat('NAME:', known_name), push_date,
    concat('FORMER_NAME:', known_former_name), push_date,
    concat('CREDIT_CODE:', known_credit_code), push_date,
    concat('PSEUDONYM:', ifNull(owner_pseudonym, '')), push_date,
    concat('FAKE_STATE_OWNED:', if(type = '15', ifNull(direction, ''), '')), push_date,
    -- The day of the record, because a record that comes again is no news.
    concat('FAKE_STATE_OWNED_DAY:', if(type = '15' AND change_date IS NOT NULL, ifNull(direction, ''), '')),
    toDateTime64(ifNull(change_date, toDate32('1900-01-01')), 3, 'Asia/Shanghai')
  )) AS facts_last,
  (if(known_credit_code = '', toDateTime64(0, 3), push_date), known_credit_code) AS credit_code_last,
  (if(known_reg_no = '', toDateTime64(0, 3), push_date), known_reg_no) AS reg_no_last,
  -- A day of the text counts more than one of its update.
  if(
    type = '1' AND (event_date IS NOT NULL OR change_date IS NOT NULL),
    (event_date IS NOT NULL, assumeNotNull(ifNull(event_date, change_date))),
    (false, toDate32('1900-01-01'))
  ) AS revoked_last
FROM {{database}}.record_facts
