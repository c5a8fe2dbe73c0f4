    -- A code with a wrong format or check character does not identify a company.
    if(is_credit_code, clean_code, '') AS known_credit_code,
    if(match(trimBoth(ifNull(reg_no, '')), '^[0-9]{13}$|^[0-9]{15}$'), trimBoth(ifNull(reg_no, '')), '') AS known_reg_no,
    trimBoth(ifNull(corp_name, '')) AS known_name,
    if(type = '5', trimBoth(extract(ifNull(change_content, ''), '由[“"](.+?)[”"]变更为')), '') AS known_former_name
