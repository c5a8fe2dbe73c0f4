  -- The first kind of identity that finds a company decides. The package qcc-portfolio has the same rule as code. The companies that a
  -- customer's identities find are an array, because window functions over all customers take longer.
  SELECT
    account, portfolio, member, customer_name, customer_code, company.corp_key_no AS corp_key_no,
    best.2 AS matched_by, length(companies) > 1 AS is_ambiguous,
    best.1 > 1 AND company.other_code AS has_other_credit_code,
    if(is_ambiguous, NULL, nullIf(company.pseudonym, '')) AS customer_pseudonym
  FROM (
    SELECT
      account, portfolio, member, any(name) AS customer_name, any(code) AS customer_code, min(hit.found) AS best,
      arrayFilter(each -> each.found = best, groupUniqArray(hit)) AS companies
    FROM {{database}}.hits
    GROUP BY account, portfolio, member
  )
  ARRAY JOIN companies AS company
