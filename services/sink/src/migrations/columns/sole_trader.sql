    -- GB 32100: codes of 个体工商户 begin with 92. Without a code, what is not named as a company counts as one.
    if(
      credit_code IS NULL,
      NOT match(ifNull(corp_name, ''), '公司|合伙|合作社|集团|企业'),
      startsWith(credit_code, '92')
    ) AS is_sole_trader
