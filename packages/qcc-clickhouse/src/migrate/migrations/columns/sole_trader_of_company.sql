    -- The newest code decides. Without a code, the name decides, as in sole_trader.
    toBool(multiIf(
      match(credit_code, '^92'), 1,
      credit_code != '', 0,
      NOT match(corp_name, '(有限|责任|股份|总|分)公司|(公司|集团|企业|合作社|合伙)[）)]?$')
    ))
