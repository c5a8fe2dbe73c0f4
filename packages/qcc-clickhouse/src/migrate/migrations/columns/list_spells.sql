  SELECT
    account, corp_key_no, list, spell_no,
    any(spells_of_company) AS spells,
    min(since_of_entry) AS since_day,
    if(countIf(until_of_entry IS NULL) > 0, NULL, max(until_of_entry)) AS until_day,
    until_day IS NULL AS is_on,
    count() AS entries,
    countIf(until_of_entry IS NULL) AS open_entries,
    -- What a text says decides for a spell if it decides for an entry that may end it.
    if(countIf(evidence_of_entry = 'TEXT') > 0, 'TEXT', 'DETAILS') AS evidence,
    max(is_missing) AS details_missing,
    min(entry_listed_at) AS listed_at,
    if(is_on, NULL, max(entry_removed_at)) AS removed_at,
    arrayDistinct(groupArrayIf(assumeNotNull(entry_office), entry_office IS NOT NULL)) AS offices,
    arrayDistinct(groupArrayIf(assumeNotNull(entry_remove_office), entry_remove_office IS NOT NULL)) AS remove_offices,
    arrayDistinct(groupArrayIf(assumeNotNull(entry_reason), entry_reason IS NOT NULL)) AS add_reasons,
    arrayDistinct(groupArrayIf(assumeNotNull(entry_remove_reason), entry_remove_reason IS NOT NULL)) AS remove_reasons
  FROM (
    SELECT
      *,
      sum(is_start) OVER (PARTITION BY account, corp_key_no, list ORDER BY since_of_entry) AS spell_no,
      sum(is_start) OVER (PARTITION BY account, corp_key_no, list) AS spells_of_company
    FROM (
      SELECT
        account, corp_key_no, list, since_day AS since_of_entry, until_day AS until_of_entry, evidence AS evidence_of_entry,
        details_missing AS is_missing, listed_at AS entry_listed_at, removed_at AS entry_removed_at, office AS entry_office,
        remove_office AS entry_remove_office, add_reason AS entry_reason, remove_reason AS entry_remove_reason,
        -- Entries that overlap are one spell.
        since_day >= ifNull(max(ifNull(until_day, toDate32('2299-12-31'))) OVER (
          PARTITION BY account, corp_key_no, list ORDER BY since_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), toDate32('1900-01-01')) AS is_start
      FROM (
{{columns list_entries_known}}
      )
    )
  )
  GROUP BY account, corp_key_no, list, spell_no
