  SELECT
    account, corp_key_no, list, spell_no, spells, since[1] AS since_day,
    if(is_on, NULL, arrayMax(arrayMap(day -> assumeNotNull(day), until))) AS until_day,
    is_on, length(since) AS entries, open_entries,
    -- What a text says decides for a spell if it decides for an entry that may end it.
    if(has(is_by_text, 1), 'TEXT', 'DETAILS') AS evidence,
    has(is_missing, 1) AS details_missing,
    arrayReduce('min', listed_at_of_entries.1) AS listed_at,
    if(is_on, NULL, arrayReduce('max', removed_at_of_entries.1)) AS removed_at,
    arrayDistinct(arrayMap(text -> assumeNotNull(text), arrayFilter(text -> text IS NOT NULL, reasons.office))) AS offices,
    arrayDistinct(arrayMap(text -> assumeNotNull(text), arrayFilter(text -> text IS NOT NULL, reasons.remove_office))) AS remove_offices,
    arrayDistinct(arrayMap(text -> assumeNotNull(text), arrayFilter(text -> text IS NOT NULL, reasons.add_reason))) AS add_reasons,
    arrayDistinct(arrayMap(text -> assumeNotNull(text), arrayFilter(text -> text IS NOT NULL, reasons.remove_reason))) AS remove_reasons
  FROM (
    SELECT *, open_entries > 0 AS is_on
    FROM (
      SELECT
        account, corp_key_no, list, spell_no, length(since_of_spells) AS spells,
        -- One by one, so that a query computes only the values that it selects.
        since_of_spells[spell_no] AS since, until_of_spells[spell_no] AS until, is_by_text_of_spells[spell_no] AS is_by_text,
        is_missing_of_spells[spell_no] AS is_missing, listed_at_of_spells[spell_no] AS listed_at_of_entries,
        removed_at_of_spells[spell_no] AS removed_at_of_entries, reasons_of_spells[spell_no] AS reasons,
        arrayCount(day -> day IS NULL, until_of_spells[spell_no]) AS open_entries
      FROM (
        SELECT
          account, corp_key_no, list,
          arraySplit((_, starts) -> starts, since, is_start) AS since_of_spells,
          arraySplit((_, starts) -> starts, until, is_start) AS until_of_spells,
          arraySplit((_, starts) -> starts, is_by_text, is_start) AS is_by_text_of_spells,
          arraySplit((_, starts) -> starts, is_missing, is_start) AS is_missing_of_spells,
          arraySplit((_, starts) -> starts, listed_at, is_start) AS listed_at_of_spells,
          arraySplit((_, starts) -> starts, removed_at, is_start) AS removed_at_of_spells,
          arraySplit((_, starts) -> starts, reasons, is_start) AS reasons_of_spells
        FROM (
          SELECT
            *,
            -- Entries that overlap are one spell.
            arrayMap((day, place) -> place = 1 OR day >= arrayMax(arraySlice(ends, 1, place - 1)), since, arrayEnumerate(since)) AS is_start
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
{{columns list_entries_known}}
              )
            )
          )
        )
      )
      ARRAY JOIN arrayEnumerate(since_of_spells) AS spell_no
    )
  )
