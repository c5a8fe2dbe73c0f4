  -- The first kind of identity that finds a company decides, as in portfolio_matches.
  SELECT
    m.account AS account, m.portfolio AS portfolio, m.member AS member, m.corp_key_no AS corp_key_no,
    m.best.2 AS matched_by, m.companies > 1 AS is_ambiguous,
    m.best.1 > 1 AND m.code != '' AND notEmpty(o.codes) AND NOT has(o.codes, m.code) AS has_other_credit_code
  FROM (
    SELECT *, count() OVER (PARTITION BY account, portfolio, member) AS companies
    FROM (
      SELECT *, min(best) OVER (PARTITION BY account, portfolio, member) AS first_best
      FROM (
        SELECT
          i.account AS account, i.portfolio AS portfolio, i.member AS member, p.corp_key_no AS corp_key_no,
          any(i.code) AS code, min((i.place, i.kind)) AS best
        FROM (
{{columns member_identities}}
        ) AS i
        INNER JOIN (SELECT DISTINCT account, kind, value, corp_key_no FROM {{database}}.portfolio_companies) AS p
          ON p.account = i.account AND p.kind = i.kind AND p.value = i.value
        GROUP BY account, portfolio, member, corp_key_no
      )
    )
    WHERE best = first_best
  ) AS m
  LEFT JOIN (
    SELECT
      account, corp_key_no,
      groupUniqArrayArray(arrayMap(
        fact -> substring(fact, length('CREDIT_CODE:') + 1),
        arrayFilter(fact -> startsWith(fact, 'CREDIT_CODE:'), mapKeys(facts_last))
      )) AS codes
    FROM {{database}}.portfolio_states
    GROUP BY account, corp_key_no
  ) AS o ON o.account = m.account AND o.corp_key_no = m.corp_key_no
