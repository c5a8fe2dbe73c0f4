  SELECT
    account, corp_key_no, list, spell_no, spells, since[1] AS since_day,
    if(is_on, NULL, arrayMax(arrayMap(day -> assumeNotNull(day), until))) AS until_day,
    is_on, length(since) AS entries, open_entries,
    -- The evidence is TEXT if any entry of the spell has no details or was ended by a text.
    if(has(is_by_text, 1), 'TEXT', 'DETAILS') AS evidence,
    has(is_missing, 1) AS details_missing,
    arrayReduce('min', listed_at_of_entries) AS listed_at,
    -- Of the entry that ended last, even if its removal was not pushed.
    if(is_on, NULL, arraySort((at, till) -> (till, ifNull(at, toDateTime64(0, 3))), removed_at_of_entries, until)[-1]) AS removed_at,
    arrayDistinct(arrayMap(text -> assumeNotNull(text), arrayFilter(text -> text IS NOT NULL, reasons.office))) AS offices,
    arrayDistinct(arrayMap(text -> assumeNotNull(text), arrayFilter(text -> text IS NOT NULL, reasons.remove_office))) AS remove_offices,
    arrayDistinct(arrayMap(text -> assumeNotNull(text), arrayFilter(text -> text IS NOT NULL, reasons.add_reason))) AS add_reasons,
    arrayDistinct(arrayMap(text -> assumeNotNull(text), arrayFilter(text -> text IS NOT NULL, reasons.remove_reason))) AS remove_reasons
  FROM (
    SELECT *, open_entries > 0 AS is_on
    FROM (
      SELECT
        account, corp_key_no, list, spell_no, spells, since, until, is_by_text, is_missing, listed_at_of_entries, removed_at_of_entries,
        -- The reasons are not in the ARRAY JOIN below: the engine computes all its columns, and most questions do not need reasons.
        reasons_of_spells[spell_no] AS reasons,
        arrayCount(day -> day IS NULL, until) AS open_entries
      FROM (
        SELECT
          account, corp_key_no, list, arrayCount(starts -> starts, is_start) AS spells,
          arraySplit((_, starts) -> starts, since, is_start) AS since_of_spells,
          arraySplit((_, starts) -> starts, until, is_start) AS until_of_spells,
          arraySplit((_, starts) -> starts, is_by_text, is_start) AS is_by_text_of_spells,
          arraySplit((_, starts) -> starts, is_missing, is_start) AS is_missing_of_spells,
          arraySplit((_, starts) -> starts, listed_at, is_start) AS listed_at_of_spells,
          arraySplit((_, starts) -> starts, removed_at, is_start) AS removed_at_of_spells,
          -- For each spell, the engine copies this array of all spells. A company with more than 1,000 spells has faulty data, and its
          -- reasons would exceed the memory limit of a reader.
          if(spells > 1000, [], arraySplit((_, starts) -> starts, reasons, is_start)) AS reasons_of_spells
        FROM (
          SELECT
            *,
            -- Entries that overlap are one spell.
            arrayMap(
              (day, place, last_end) -> place = 1 OR day >= last_end,
              since, arrayEnumerate(since), arrayReduceInRanges('max', arrayMap(place -> (1, toUInt32(place - 1)), arrayEnumerate(ends)), ends)
            ) AS is_start
          FROM (
            SELECT *, arrayMap(day -> ifNull(day, toDate32('2299-12-31')), until) AS ends
            FROM (
              SELECT
                account, corp_key_no, list,
                arrayFilter((_, keep) -> keep, since, is_entry) AS since,
                arrayFilter((_, keep) -> keep, until, is_entry) AS until,
                arrayFilter((_, keep) -> keep, is_by_text, is_entry) AS is_by_text,
                arrayFilter((_, keep) -> keep, is_missing, is_entry) AS is_missing,
                arrayFilter((_, keep) -> keep, listed_at, is_entry) AS listed_at,
                arrayFilter((_, keep) -> keep, removed_at, is_entry) AS removed_at,
                arrayFilter((_, keep) -> keep, reasons, is_entry) AS reasons
              FROM (
{{columns list_entry_ends}}
              )
            )
          )
        )
      )
      ARRAY JOIN
        arrayEnumerate(since_of_spells) AS spell_no, since_of_spells AS since, until_of_spells AS until, is_by_text_of_spells AS is_by_text,
        is_missing_of_spells AS is_missing, listed_at_of_spells AS listed_at_of_entries, removed_at_of_spells AS removed_at_of_entries
    )
  )
