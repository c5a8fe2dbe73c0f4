  SELECT
    m.account AS account, m.portfolio AS portfolio, m.member AS member, m.name AS customer_name,
    m.credit_code AS customer_credit_code, m.reg_no AS customer_reg_no, m.attributes AS attributes, m.is_sole_trader AS is_sole_trader_by_file,
    m.is_credit_code AS is_code_right,
    nullIf(ifNull(x.matched_by, ''), '') AS matched_by, ifNull(x.is_ambiguous, false) AS is_ambiguous,
    ifNull(x.has_other_credit_code, false) AS has_other_credit_code,
    if(is_ambiguous, '', ifNull(c.pseudonym, '')) AS customer_pseudonym,
    nullIf(ifNull(x.corp_key_no, ''), '') AS corp_key_no,
    m.loaded_at <= ifNull(f.ready_until, toDateTime64(0, 3)) AS is_ready,
    if(s.since > toDate(0), toNullable(s.since), NULL) AS covered_since_day,
    if(corp_key_no IS NULL, NULL, toNullable(c.corp_name)) AS corp_name,
    if(corp_key_no IS NULL, NULL, toNullable(c.pseudonym)) AS pseudonym,
    if(corp_key_no IS NULL, NULL, CAST(ifNull(c.is_sole_trader, false), 'Bool')) AS is_sole_trader,
    -- Until a load is complete, rows of its companies may be missing. What they say about a risk holds, and silence means nothing.
    if(corp_key_no IS NULL OR (NOT is_ready AND c.risk_state IN ('', '未见在列信息')), NULL, toNullable(c.risk_state)) AS risk_state,
    CAST(if(corp_key_no IS NULL OR NOT (is_ready OR ifNull(c.on_abnormal_list, false)), NULL, ifNull(c.on_abnormal_list, false)), 'Nullable(Bool)') AS on_abnormal_list,
    if(corp_key_no IS NULL, NULL, c.abnormal_since_day) AS abnormal_since_day,
    CAST(if(corp_key_no IS NULL OR NOT (is_ready OR ifNull(c.on_violation_list, false)), NULL, ifNull(c.on_violation_list, false)), 'Nullable(Bool)') AS on_violation_list,
    if(corp_key_no IS NULL, NULL, c.violation_since_day) AS violation_since_day,
    if(corp_key_no IS NULL OR NOT (is_ready OR ifNull(c.unpaid_debtor_cases, 0) > 0), NULL, toNullable(ifNull(c.unpaid_debtor_cases, 0))) AS unpaid_debtor_cases,
    if(corp_key_no IS NULL, NULL, c.revoked_day) AS revoked_day,
    if(corp_key_no IS NULL, NULL, nullIf(c.last_seen_day, toDate(0))) AS last_seen_day
  FROM (SELECT *, is_credit_code, is_sole_trader FROM {{database}}.portfolio_members FINAL) AS m
  LEFT JOIN (
{{columns portfolio_companies_matched}}
  ) AS x ON x.account = m.account AND x.portfolio = m.portfolio AND x.member = m.member
  LEFT JOIN (
    SELECT
      company.account AS account, company.corp_key_no AS corp_key_no, corp_name, pseudonym,
{{columns company_values}}
{{columns company_lists, company_states = portfolio_states, list_entries = portfolio_list_entries}}
{{columns company_cases, debtor_case_states = portfolio_case_states}}
{{columns view_settings}}
  ) AS c ON c.account = x.account AND c.corp_key_no = x.corp_key_no
  LEFT JOIN (
    SELECT account, min(d.day) AS since
    FROM (
      SELECT account, assumeNotNull(f.day) AS day FROM {{database}}.coverage_facts AS f WHERE kind = 'CHECKED' AND f.day IS NOT NULL
      UNION ALL
      SELECT account, toDate(assumeNotNull(push_date)) FROM {{database}}.order_events WHERE push_date IS NOT NULL
    ) AS d
    GROUP BY account
  ) AS s ON s.account = m.account
  LEFT JOIN (
    SELECT account, portfolio, max(r.loaded_at) AS ready_until FROM {{database}}.portfolio_fills AS r GROUP BY account, portfolio
  ) AS f ON f.account = m.account AND f.portfolio = m.portfolio
