    -- GB 32100: a code has 18 characters, and those of 个体工商户 begin with 92; what has not, such as -, is none. Without
    -- one, what is not named as companies are counts as one: a shop's trade may be 企业管理, or its place a 合作社.
    toBool(if(
      match(trimBoth(ifNull(credit_code, '')), '^[0-9A-Za-z]{18}$'),
      startsWith(trimBoth(ifNull(credit_code, '')), '92'),
      NOT match(
        trimBoth(ifNull(corp_name, '')),
        '(有限|责任|股份|总|分)公司|(公司|集团|企业|合作社|合伙)[）)]?$'
      )
    )) AS is_sole_trader
