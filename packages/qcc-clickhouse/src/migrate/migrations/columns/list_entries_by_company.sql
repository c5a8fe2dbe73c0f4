  -- Returns one row for each company and list. The arrays hold its entries, the oldest first. `responses` holds the complete responses in
  -- the order in which they were fetched.
  -- Arrays save memory, because list_entries is ordered by company. With optimize_aggregation_in_order, which readers have, the engine
  -- groups rows while it reads them. So a question about all companies holds only a few of them in memory at a time.
  SELECT
    account, corp_key_no, list, responses,
    arrayMap(of_entry -> of_entry[1].day, facts_of_entries) AS since,
    -- The facts of an entry are sorted by kind. So its details come first, if it has any.
    arrayMap(
      of_entry -> CAST(
        if(of_entry[1].kind = 'DETAILS', (of_entry[1].version, nullIf(of_entry[1].remove_day, toDate32('2299-12-31'))), (0, NULL)),
        'Tuple(version UInt256, remove_day Nullable(Date32))'
      ),
      facts_of_entries
    ) AS details,
    arrayMap(of_entry -> arrayReduce('max', of_entry), arraySplit((_, starts) -> starts, reasons_of_facts, is_first)) AS reasons,
    arrayMap(of_entry -> arrayFirst(fact -> fact.kind = 'LISTED', of_entry).version, facts_of_entries) AS listed_version,
    arrayMap(of_entry -> arrayFirstOrNull(at -> true, arrayFilter(fact -> fact.kind = 'LISTED', of_entry).pushed_at), facts_of_entries) AS listed_at,
    arrayMap(of_entry -> arrayFirst(fact -> fact.kind = 'LISTED', of_entry).is_guess, facts_of_entries) AS is_guess,
    arrayMap(of_entry -> arrayFirst(fact -> fact.kind = 'REMOVED', of_entry).version, facts_of_entries) AS removed_version,
    arrayMap(
      of_entry -> arrayFilter(fact -> fact.kind = 'REMOVED' AND (fact.is_by_text OR fact.has_details), of_entry), facts_of_entries
    ) AS removal_pushes,
    arrayMap(of_entry -> arrayFilter(fact -> fact.kind = 'REMOVED' AND fact.is_by_text, of_entry), facts_of_entries) AS text_removals
  FROM (
    SELECT
      *,
      arrayMap((fact, before) -> fact.day != before.day, facts, arrayShiftRight(facts, 1, facts[1])) AS is_first,
      arraySplit((_, starts) -> starts, facts, is_first) AS facts_of_entries
    FROM (
      SELECT
        account, corp_key_no, list, responses, arraySort(unordered) AS facts,
        arraySort((_, fact) -> fact, unordered_reasons, unordered) AS reasons_of_facts
      FROM (
        SELECT
          account, corp_key_no, list, arraySort(groupArrayArray(responses)) AS responses, groupArrayArray(facts) AS unordered,
          groupArrayArray(arrayMap(_ -> reasons, facts)) AS unordered_reasons
        FROM (
{{columns list_facts}}
        )
        GROUP BY account, corp_key_no, list
      )
    )
  )
