  SELECT *
  FROM (SELECT * FROM {{database}}.portfolio_log FINAL WHERE NOT is_superseded) AS c
  INNER JOIN (
    SELECT
      m.account AS customer_account, m.portfolio AS portfolio, m.member AS member, m.corp_name AS customer_name,
      m.is_sole_trader AS customer_is_sole_trader, m.corp_key_no AS customer_corp_key_no,
      m.matched_by AS matched_by, m.is_ambiguous AS is_ambiguous, m.has_other_credit_code AS has_other_credit_code,
      ifNull(m.customer_pseudonym, '') AS customer_pseudonym
    FROM (
      SELECT *,
{{columns sole_trader}}
      FROM (
        SELECT *, customer_name AS corp_name, customer_code AS credit_code
        FROM (
{{columns portfolio_companies_matched}}
        )
      )
    ) AS m
  ) AS x ON customer_account = account AND customer_corp_key_no = corp_key_no
