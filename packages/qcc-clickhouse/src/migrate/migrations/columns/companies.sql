  -- This query is nested, because ClickHouse plans an expression again for each use of its alias.
  SELECT
    *,
    if(known_province = '', NULL, known_province) AS province,
    multiIf(
      -- A municipality and its zones register companies with codes that are no district's.
      known_province IN ('北京市', '天津市', '上海市', '重庆市'), known_province,
      -- Hainan gave these codes to other counties in 2008. Numbers of 13 digits are older.
      credit_code = '' AND length(reg_no) = 13 AND match(division, '^4690[23]'), NULL,
      known_city = '', NULL,
      known_city
    ) AS city
  FROM (
    WITH
{{columns known_regions}}
    SELECT
      *,
      transform(
        substring(division, 1, 4), known_regions.1, known_regions.2,
        transform(substring(division, 1, 2), known_regions.1, known_regions.2, '')
      ) AS known_province,
      transform(
        division, known_regions.1, known_regions.3,
        transform(substring(division, 1, 4), known_regions.1, known_regions.3, '')
      ) AS known_city
    FROM (
      SELECT
        account, corp_key_no, first_seen_at, last_seen_at, revoked_day, corp_name, credit_code, reg_no, pseudonym,
        -- One name may be written with other blanks and brackets, as in company_identities. The newest spelling counts.
        arrayFilter(
          (name, clean, at) -> clean != clean_corp_name AND indexOf(clean_names, clean) = at, names, clean_names, arrayEnumerate(names)
        ) AS former_names,
        is_fake_state_owned,
{{columns sole_trader_of_company}} AS is_sole_trader,
        if(credit_code != '', substring(credit_code, 3, 6), substring(reg_no, 1, 6)) AS division
      FROM (
        SELECT
          *,
          arrayMap(name -> replaceRegexpAll(normalizeUTF8NFKC(toValidUTF8(name)), '[\\s\\p{Z}]', ''), names) AS clean_names,
          replaceRegexpAll(normalizeUTF8NFKC(toValidUTF8(corp_name)), '[\\s\\p{Z}]', '') AS clean_corp_name
        FROM (
          SELECT
            account, corp_key_no, first_seen_at, last_seen_at,
            -- The inner query must read the complete tuple. If it read only the day, FINAL would take the greatest day of all rows.
            nullIf(revoked_last.day, toDate32('1900-01-01')) AS revoked_day,
{{columns newest_name}} AS corp_name,
            substring(credit_code_last, 24) AS credit_code, substring(reg_no_last, 24) AS reg_no,
{{columns newest_pseudonym}} AS pseudonym,
            arrayDistinct(arrayMap(
              each -> substring(each.fact, position(each.fact, ':') + 1),
              arrayReverseSort(
                each -> (each.at, each.fact),
                arrayFilter(each -> startsWith(each.fact, 'NAME:') OR startsWith(each.fact, 'FORMER_NAME:'), facts)
              )
            )) AS names,
            -- The update dates of the records decide, if both directions have one and these differ. Otherwise, the push times decide.
            if(
              mapContains(facts_last, 'FAKE_STATE_OWNED_DAY:列入') AND mapContains(facts_last, 'FAKE_STATE_OWNED_DAY:移出')
                AND facts_last['FAKE_STATE_OWNED_DAY:列入'] != facts_last['FAKE_STATE_OWNED_DAY:移出'],
              facts_last['FAKE_STATE_OWNED_DAY:列入'] > facts_last['FAKE_STATE_OWNED_DAY:移出'],
              facts_last['FAKE_STATE_OWNED:列入'] > facts_last['FAKE_STATE_OWNED:移出']
            ) AS is_fake_state_owned
          FROM (
            SELECT
              account, corp_key_no, first_seen_at, last_seen_at, revoked_last, credit_code_last, reg_no_last, facts_last,
              CAST(facts_last AS Array(Tuple(fact String, at DateTime64(3, 'Asia/Shanghai')))) AS facts
            FROM {{database}}.company_states FINAL
          )
        )
      )
    )
  )
