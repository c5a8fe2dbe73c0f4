  -- The first kind of identity that finds a company decides, as in portfolio_matches.
  SELECT
    m.account AS account, m.portfolio AS portfolio, m.member AS member, m.corp_key_no AS corp_key_no,
    m.best.2 AS matched_by, m.companies > 1 AS is_ambiguous,
    m.best.1 > 1 AND m.member_code != '' AND notEmpty(m.company_codes) AND NOT has(m.company_codes, m.member_code) AS has_other_credit_code,
    if(is_ambiguous, '', ifNull(m.pseudonym, '')) AS customer_pseudonym
  FROM (
    SELECT *, count() OVER (PARTITION BY account, portfolio, member) AS companies
    FROM (
      SELECT *, min(best) OVER (PARTITION BY account, portfolio, member) AS first_best
      FROM (
        SELECT
          i.account AS account, i.portfolio AS portfolio, i.member AS member, p.corp_key_no AS corp_key_no,
          any(code) AS member_code, any(codes) AS company_codes, any(o.pseudonym) AS pseudonym,
{{columns best_identity}} AS best
        FROM (
{{columns member_identities}}
        ) AS i
        INNER JOIN (SELECT DISTINCT account, kind, value, corp_key_no FROM {{database}}.portfolio_companies) AS p
          ON p.account = i.account AND p.kind = i.kind AND p.value = i.value
        LEFT JOIN (
{{columns facts_for_matching, company_states = portfolio_states}}
            GROUP BY account, corp_key_no
          )
        ) AS o ON o.account = i.account AND o.corp_key_no = p.corp_key_no
        GROUP BY account, portfolio, member, corp_key_no
      )
    )
    WHERE best = first_best
  ) AS m
