    if(is_sole_trader, concat(leftUTF8(corp_name, 1), '※', ifNull(owner_pseudonym, '')), corp_name) AS corp_name,
    if(is_sole_trader OR NOT is_credit_code, NULL, credit_code) AS credit_code
