    toBool(multiIf(
      match(clean_code, '^92[0-9A-Z]{16}$'), 1,
      is_credit_code, 0,
      NOT match(
        trimBoth(ifNull(corp_name, '')),
        '(有限|责任|股份|总|分)公司|(公司|集团|企业|合作社|合伙)[）)]?$'
      )
    ))
