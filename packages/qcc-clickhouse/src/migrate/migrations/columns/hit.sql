-- company_identities has current and former names as kind NAME. A name that is not the company's newest one counts as a former name.
CAST((
  if(i.kind = 'NAME' AND ifNull(o.current_name, '') NOT IN ('', i.value), (4, 'FORMER_NAME'), (i.rank, i.kind)),
  i.corp_key_no, i.code != '' AND notEmpty(o.codes) AND NOT has(o.codes, i.code), ifNull(o.pseudonym, '')
) AS Tuple(found Tuple(UInt8, String), corp_key_no String, other_code Bool, pseudonym String))
