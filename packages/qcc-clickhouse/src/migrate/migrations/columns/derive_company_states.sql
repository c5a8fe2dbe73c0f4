SELECT
  account, corp_key_no,
  push_date AS first_seen_at,
  push_date AS last_seen_at,
  mapFilter((fact, at) -> NOT endsWith(fact, ':'), map(
    concat('NAME:', known_name), push_date,
    concat('FORMER_NAME:', known_former_name), push_date,
    concat('CREDIT_CODE:', known_credit_code), push_date,
    concat('REG_NO:', known_reg_no), push_date,
    concat('PSEUDONYM:', ifNull(owner_pseudonym, '')), push_date,
    concat('DIRECTION:', type, ':', ifNull(direction, '')), push_date
  )) AS facts_last,
  if(type = '1', ifNull(event_date, change_date), NULL) AS revoked_day
FROM (
  SELECT
    account, corp_key_no, type, push_date, event_date, change_date, owner_pseudonym,
{{columns credit_code}},
{{columns identities}},
{{columns direction}} AS direction
  FROM {{database}}.record_history
)
