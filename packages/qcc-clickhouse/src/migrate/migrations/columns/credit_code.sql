    upper(trimBoth(ifNull(credit_code, ''))) AS clean_code,
    -- GB 32100-2015: the last character is the check character of the 17 before it.
{{columns is_credit_code}} AS is_credit_code
