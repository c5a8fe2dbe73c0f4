{{columns company_profile_values}},
  ifNull(lists.abnormal_since_day IS NOT NULL, false) AS on_abnormal_list, lists.abnormal_since_day AS abnormal_since_day,
  ifNull(lists.violation_since_day IS NOT NULL, false) AS on_violation_list, lists.violation_since_day AS violation_since_day,
  revoked_day, is_fake_state_owned,
  cases.debtor_cases AS debtor_cases, cases.unpaid_debtor_cases AS unpaid_debtor_cases, cases.unpaid_amount AS unpaid_amount,
  multiIf(
    revoked_day IS NOT NULL, '吊销或注销',
    on_violation_list, '严重违法',
    unpaid_debtor_cases > 0, '失信被执行人',
    on_abnormal_list, '经营异常',
    is_fake_state_owned, '假冒国企',
    '未见在列信息'
  ) AS risk_state
