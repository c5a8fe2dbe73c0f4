-- Names of all times are of the kind NAME; only the newest one is the current name.
min(if(i.kind = 'NAME' AND ifNull(current_name, '') NOT IN ('', i.value), (4, 'FORMER_NAME'), (i.place, i.kind)))
