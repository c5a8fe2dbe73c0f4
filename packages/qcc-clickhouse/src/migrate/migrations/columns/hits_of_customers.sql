(
  SELECT
    i.account AS account, i.portfolio AS portfolio, i.member AS member, i.name AS name, i.is_sole_trader AS is_sole_trader,
{{columns hit}} AS hit
  FROM (
    SELECT
      m.account AS account, m.portfolio AS portfolio, m.member AS member, m.name AS name, m.code AS code,
      m.is_sole_trader AS is_sole_trader, m.rank AS rank, m.kind AS kind, m.value AS value, p.corp_key_no AS corp_key_no
    FROM (
{{columns member_identities}}
    ) AS m
    INNER JOIN {{database}}.portfolio_companies AS p
      ON p.account = m.account AND p.kind = m.kind AND p.value = m.value
  ) AS i
  LEFT JOIN (
{{columns facts_for_matching, known_facts = columns facts_of_customers}}
  ) AS o ON o.account = i.account AND o.corp_key_no = i.corp_key_no
)
