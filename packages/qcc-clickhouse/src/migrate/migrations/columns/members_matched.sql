  -- The first kind of identity that finds a company decides. The package qcc-portfolio has the same rule as code.
  WITH
    identities AS (
{{columns member_identities}}
    ),
    hits AS (
      SELECT
        m.account AS account, m.portfolio AS portfolio, m.member AS member, m.code AS code, m.place AS place, m.kind AS kind,
        m.value AS value, c.corp_key_no AS corp_key_no
      FROM identities AS m
      INNER JOIN (
        SELECT DISTINCT account, kind, value, corp_key_no
        FROM {{database}}.company_identities
        WHERE (account, kind, value) IN (SELECT account, kind, value FROM identities)
      ) AS c ON c.account = m.account AND c.kind = m.kind AND c.value = m.value
    ),
    found AS (
      SELECT
        i.account AS account, i.portfolio AS portfolio, i.member AS member, i.corp_key_no AS corp_key_no,
        any(code) AS member_code, any(codes) AS company_codes, any(known.pseudonym) AS pseudonym,
{{columns best_identity}} AS best
      FROM hits AS i
      LEFT JOIN (
{{columns facts_for_matching}}
          WHERE (account, corp_key_no) IN (SELECT account, corp_key_no FROM hits)
          GROUP BY account, corp_key_no
        )
      ) AS known ON known.account = i.account AND known.corp_key_no = i.corp_key_no
      GROUP BY account, portfolio, member, corp_key_no
    )
  SELECT
    account, portfolio, member, corp_key_no, best.2 AS matched_by,
    count() OVER (PARTITION BY account, portfolio, member) > 1 AS is_ambiguous,
    best.1 > 1 AND member_code != '' AND notEmpty(company_codes) AND NOT has(company_codes, member_code) AS has_other_credit_code,
    nullIf(ifNull(pseudonym, ''), '') AS owner_pseudonym
  FROM (SELECT *, min(best) OVER (PARTITION BY account, portfolio, member) AS first_best FROM found)
  WHERE best = first_best
