  account, corp_key_no, if(public_date != '1900-01-01', public_date, toDate32(push_day)),
  if(public_date != '1900-01-01', '发布日期', '推送日期'), '失信案件', '1',
  arrayStringConcat(
    arrayFilter(
      part -> part != '',
      [ifNull(execute_gov, ''), ifNull(execute_status, ''), ifNull(concat('涉案金额 ', toString(amount), ' 元'), '涉案金额未提供')]
    ),
    '，'
  ), 'DETAILS', case_id,
  NULL
