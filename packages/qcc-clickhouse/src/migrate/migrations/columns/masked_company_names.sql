  if(is_sole_trader, concat(leftUTF8(company.corp_name, 1), '※', pseudonym), company.corp_name) AS corp_name,
  if(is_sole_trader, NULL, nullIf(company.credit_code, '')) AS credit_code,
  if(is_sole_trader, NULL, nullIf(company.reg_no, '')) AS reg_no,
  if(is_sole_trader, [], arrayFilter(name -> {{columns named_as_company}}, company.former_names)) AS former_names
