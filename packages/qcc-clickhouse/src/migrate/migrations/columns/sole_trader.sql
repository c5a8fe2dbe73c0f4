    upper(trimBoth(ifNull(credit_code, ''))) AS clean_code,
    -- GB 32100-2015: 18 of these characters, the last of which checks the others. What has not, such as - or the number of
    -- somebody's identity card, is none.
{{columns is_credit_code}} AS is_credit_code,
    -- Those of 个体工商户 begin with 92. Without a code, what is not named as companies are counts as one: a shop's trade may
    -- be 企业管理, or its place a 合作社.
{{columns is_sole_trader}} AS is_sole_trader
