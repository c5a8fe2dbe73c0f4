  -- Texts of these types name nobody except the company. A 个体工商户 is a person, so its text is reduced to 移出 or 列入. A text about a
  -- change of name is kept if all names are names of companies. 原文 stands for the text itself.
  multiIf(
    type IN ('1', '2', '3', '7', '8', '10', '11', '14', '15') AND NOT is_sole_trader, '原文',
    type = '5' AND NOT is_sole_trader AND arrayAll(
      name -> {{columns named_as_company}},
      arrayPushBack(extractAll(ifNull(change_content, ''), '[“"](.+?)[”"]'), ifNull(corp_name, ''))
    ) AND match(ifNull(change_content, ''), '^企业名称由[“"][^“”"]+[”"]变更为[“"][^“”"]+[”"]$'), '原文',
    type NOT IN ('1', '2', '3', '7', '8', '10', '11', '14', '15'), NULL,
    match(change_content, '移出|移除|恢复'), '移出',
    match(change_content, '列入|新增'), '列入',
    NULL
  )
