SELECT
  account, corp_key_no,
  push_date AS first_seen_at,
  push_date AS last_seen_at,
  mapFilter((fact, at) -> NOT endsWith(fact, ':'), map(
    concat('NAME:', known_name), push_date,
    concat('FORMER_NAME:', known_former_name), push_date,
    concat('CREDIT_CODE:', known_credit_code), push_date,
    concat('PSEUDONYM:', ifNull(owner_pseudonym, '')), push_date,
    concat('DIRECTION:', type, ':', ifNull(direction, '')), push_date
  )) AS facts_last,
  (if(known_credit_code = '', toDateTime64(0, 3), push_date), known_credit_code) AS credit_code_last,
  (if(known_reg_no = '', toDateTime64(0, 3), push_date), known_reg_no) AS reg_no_last,
  if(type = '1', ifNull(event_date, change_date), NULL) AS revoked_day
FROM {{database}}.record_facts
