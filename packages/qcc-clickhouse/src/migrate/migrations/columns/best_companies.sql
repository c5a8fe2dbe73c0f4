  -- A customer matches the companies that its best identity finds: credit code, then registration number, current name, former name. The
  -- package qcc-portfolio implements the same rule. The companies of each customer are grouped into an array, which is faster than window
  -- functions over all customers.
  SELECT
    account, portfolio, member, customer_name, customer_is_sole_trader, company.corp_key_no AS corp_key_no,
    company.found.2 AS matched_by, length(companies) > 1 AS is_ambiguous,
    best > 1 AND company.other_code AS has_other_credit_code,
    if(is_ambiguous, NULL, nullIf(company.pseudonym, '')) AS customer_pseudonym
  FROM (
    SELECT
      account, portfolio, member, any(name) AS customer_name,
      any(is_sole_trader) AS customer_is_sole_trader, min(hit.found.1) AS best,
      arrayFilter(each -> each.found.1 = best, groupUniqArray(hit)) AS companies
    FROM {{database}}.hits
    GROUP BY account, portfolio, member
  )
  ARRAY JOIN companies AS company
