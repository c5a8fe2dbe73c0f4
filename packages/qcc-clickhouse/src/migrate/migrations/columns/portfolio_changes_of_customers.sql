  SELECT *
  FROM (SELECT * FROM {{database}}.portfolio_log FINAL WHERE NOT is_superseded) AS c
  INNER JOIN (
    SELECT
      m.account AS customer_account, m.portfolio AS portfolio, m.member AS member, m.name AS customer_name,
      m.is_sole_trader AS customer_is_sole_trader, x.corp_key_no AS customer_corp_key_no,
      x.matched_by AS matched_by, x.is_ambiguous AS is_ambiguous, x.has_other_credit_code AS has_other_credit_code,
      x.customer_pseudonym AS customer_pseudonym
    FROM (
{{columns portfolio_companies_matched}}
    ) AS x
    INNER JOIN (
      SELECT *,
{{columns sole_trader}}
      FROM (SELECT *, name AS corp_name FROM {{database}}.portfolio_members FINAL)
    ) AS m ON m.account = x.account AND m.portfolio = x.portfolio AND m.member = x.member
  ) AS x ON customer_account = account AND customer_corp_key_no = corp_key_no
