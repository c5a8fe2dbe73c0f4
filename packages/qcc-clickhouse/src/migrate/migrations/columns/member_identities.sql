  -- Values are normalized in the same way as in company_identities.
  SELECT account, portfolio, member, name, code, is_sole_trader, identity.1 AS rank, identity.2 AS kind, identity.3 AS value
  FROM (
    SELECT
      account, portfolio, member, name, is_sole_trader, ifNull(credit_code, '') AS code, ifNull(reg_no, '') AS number,
      replaceRegexpAll(normalizeUTF8NFKC(toValidUTF8(ifNull(name, ''))), '[\\s\\p{Z}]', '') AS clean_name
    FROM {{database}}.portfolio_members FINAL
  )
  ARRAY JOIN [(1, 'CREDIT_CODE', code), (2, 'REG_NO', number), (3, 'NAME', clean_name), (4, 'FORMER_NAME', clean_name)] AS identity
  WHERE identity.3 != ''
