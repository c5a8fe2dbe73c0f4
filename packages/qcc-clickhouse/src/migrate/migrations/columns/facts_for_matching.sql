    SELECT
      account, corp_key_no,
      CAST(facts_last AS Array(Tuple(fact String, at DateTime64(3, 'Asia/Shanghai')))) AS facts,
      arrayMap(
        fact -> substring(fact, length('CREDIT_CODE:') + 1), arrayFilter(fact -> startsWith(fact, 'CREDIT_CODE:'), mapKeys(facts_last))
      ) AS codes,
      replaceRegexpAll(normalizeUTF8NFKC(toValidUTF8(
{{columns newest_name}}
      )), '[\\s\\p{Z}]', '') AS current_name,
{{columns newest_pseudonym}} AS pseudonym
    FROM {{database}}.known_facts
