(
  WITH
    identities AS (
{{columns member_identities}}
    ),
    found AS (
      SELECT
        m.account AS account, m.portfolio AS portfolio, m.member AS member, m.name AS name, m.code AS code,
        m.is_sole_trader AS is_sole_trader, m.rank AS rank, m.kind AS kind, m.value AS value, c.corp_key_no AS corp_key_no
      FROM identities AS m
      INNER JOIN (
        SELECT DISTINCT account, kind, value, corp_key_no
        FROM {{database}}.company_identities
        WHERE (account, kind, value) IN (SELECT account, kind, value FROM identities)
      ) AS c ON c.account = m.account AND c.kind = m.kind AND c.value = m.value
    )
  SELECT
    i.account AS account, i.portfolio AS portfolio, i.member AS member, i.name AS name, i.is_sole_trader AS is_sole_trader,
{{columns hit}} AS hit
  FROM found AS i
  LEFT JOIN (
{{columns facts_for_matching, known_facts = columns facts_of_found}}
  ) AS o ON o.account = i.account AND o.corp_key_no = i.corp_key_no
)
