-- Names of all times are of the kind NAME; only the newest one is the current name.
CAST((
  if(i.kind = 'NAME' AND ifNull(o.current_name, '') NOT IN ('', i.value), (4, 'FORMER_NAME'), (i.place, i.kind)),
  i.corp_key_no, i.code != '' AND notEmpty(o.codes) AND NOT has(o.codes, i.code), ifNull(o.pseudonym, '')
) AS Tuple(found Tuple(UInt8, String), corp_key_no String, other_code Bool, pseudonym String))
