    upper(trimBoth(ifNull(credit_code, ''))) AS clean_code,
    -- GB 32100-2015: 18 of these characters, the last of which checks the others. What has not, such as - or the number of
    -- somebody's identity card, is none.
    match(clean_code, '^[0-9A-HJ-NPQRTUWXY]{18}$') AND 0 = arraySum(
      n -> toInt32(position('0123456789ABCDEFGHJKLMNPQRTUWXY', substring(clean_code, n, 1)) - 1)
        * [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1][n],
      range(1, 19)
    ) % 31 AS is_credit_code,
    -- Those of 个体工商户 begin with 92. Without a code, what is not named as companies are counts as one: a shop's trade may
    -- be 企业管理, or its place a 合作社.
    toBool(multiIf(
      match(clean_code, '^92[0-9A-Z]{16}$'), 1,
      is_credit_code, 0,
      NOT match(
        trimBoth(ifNull(corp_name, '')),
        '(有限|责任|股份|总|分)公司|(公司|集团|企业|合作社|合伙)[）)]?$'
      )
    )) AS is_sole_trader
