SELECT
  account,
  identity.1 AS kind,
  -- The same name may have full-width or half-width brackets, and may have spaces.
  if(kind IN ('NAME', 'FORMER_NAME'), replaceRegexpAll(normalizeUTF8NFKC(toValidUTF8(identity.2)), '[\\s\\p{Z}]', ''), identity.2) AS value,
  corp_key_no,
  min(push_date) AS first_seen_at,
  max(push_date) AS last_seen_at
FROM (
  SELECT
    account, corp_key_no, push_date,
    arrayJoin(arrayFilter(each -> each.2 != '', [
      ('CREDIT_CODE', known_credit_code), ('REG_NO', known_reg_no), ('NAME', known_name), ('FORMER_NAME', known_former_name)
    ])) AS identity
  FROM {{database}}.record_facts
)
GROUP BY account, kind, value, corp_key_no
