  -- Only of these types the text names no one but the company. Of a 个体工商户 that is a person: whether something began or ended is
  -- all that is kept of it. A change of name is kept if both names are those of companies.
  multiIf(
    type IN ('1', '2', '3', '7', '8', '10', '11', '14', '15') AND NOT is_sole_trader, change_content,
    type = '5' AND NOT is_sole_trader AND arrayAll(
      name -> {{columns named_as_company}},
      arrayPushBack(extractAll(ifNull(change_content, ''), '[“"](.+?)[”"]'), ifNull(corp_name, ''))
    ) AND match(ifNull(change_content, ''), '^企业名称由[“"][^“”"]+[”"]变更为[“"][^“”"]+[”"]$'), change_content,
    type NOT IN ('1', '2', '3', '7', '8', '10', '11', '14', '15'), NULL,
    match(change_content, '移出|移除|恢复'), '移出',
    match(change_content, '列入|新增'), '列入',
    NULL
  )
