  -- One row for each company and list. The arrays hold its entries, the oldest first; `responses` are whole ones, the oldest first.
  -- In arrays, because the rows of a company lie together in list_entries: with optimize_aggregation_in_order, which readers have, they
  -- are grouped while they are read, and a question about all companies holds few of them in memory at a time.
  SELECT
    account, corp_key_no, list, responses, arrayDistinct(entries) AS since,
    arrayMap(
      of_entry -> CAST(
        (arrayReduce('max', of_entry).1, nullIf(arrayReduce('max', of_entry).2, toDate32('2299-12-31'))),
        'Tuple(version UInt256, remove_day Nullable(Date32))'
      ),
      arraySplit((_, starts) -> starts, details_of_rows, is_first)
    ) AS details,
    arrayMap(of_entry -> arrayReduce('max', of_entry), arraySplit((_, starts) -> starts, reasons_of_rows, is_first)) AS reasons,
    arrayMap(
      of_entry -> arrayMin(arrayFilter(version -> version > 0, of_entry)), arraySplit((_, starts) -> starts, listed_versions, is_first)
    ) AS listed_version,
    arrayMap(of_entry -> tuple(arrayReduce('min', of_entry.1)), arraySplit((_, starts) -> starts, listed_times, is_first)) AS listed_at,
    arrayMap(
      entry -> tuple(arrayReduce('max', arrayFilter((_, of_entry) -> of_entry = entry, removed_times, removed_entries).1)), since
    ) AS removed_at,
    arrayMap(
      entry -> arraySort(arrayFilter((_, of_entry, counts) -> of_entry = entry AND counts, told_removals, removed_entries, is_told)), since
    ) AS removals
  FROM (
    SELECT
      account, corp_key_no, list, responses, removed_entries, removed_times, told_removals, is_told,
      arraySort(entries_of_rows) AS entries,
      arrayMap((entry, before) -> entry != before, entries, arrayPushFront(arrayPopBack(entries), entries[1])) AS is_first,
      arraySort((_, entry) -> entry, details_told, entries_of_rows) AS details_of_rows,
      arraySort((_, entry) -> entry, reasons_told, entries_of_rows) AS reasons_of_rows,
      arraySort((_, entry) -> entry, listed_versions_told, entries_of_rows) AS listed_versions,
      arraySort((_, entry) -> entry, listed_times_told, entries_of_rows) AS listed_times
    FROM (
      SELECT
        *,
        arrayMap(
          (day, change) -> ifNull(
            arrayFirstOrNull((_, removed, by) -> removed = day AND by = change, removed_entries, removed_days, removed_changes), day
          ),
          days, changes
        ) AS entries_of_rows
      FROM (
        SELECT
          *,
          -- A record that said that the company was listed, and comes again to say that it was removed, is about the same entry.
          arrayMap(
            (removed, listed) -> if(empty(listed) OR has(listed, removed), removed, arrayMin(listed)),
            removed_days,
            arrayMap(
              by -> arrayFilter((_, change, version) -> change = by AND version > 0, days, changes, listed_versions_told), removed_changes
            )
          ) AS removed_entries,
          -- If it has details, they decide, and if it names no entry, they name it. If it comes again, it is still one removal.
          arrayMap(
            (by, version, day) -> version != toUInt256(-1)
              AND version = arrayMin(arrayFilter((_, change) -> change = by, told_removals.version, removed_changes))
              AND if(day = '1900-01-01', toUInt256(-1), version)
                <= arrayMin(arrayFilter((_, change) -> change = by, explained_versions, removed_changes)),
            removed_changes, told_removals.version, removed_entries
          ) AS is_told
        FROM (
          SELECT
            *,
            arrayMap((version, left_out) -> if(left_out, 0, version), all_listed_versions, is_left_out) AS listed_versions_told,
            arrayMap((listed, left_out) -> if(left_out, tuple(NULL), listed), all_listed_times, is_left_out) AS listed_times_told
          FROM (
            SELECT
              *,
              -- A guess of the day does not count if another row of its record has the day, or an earlier guess. `listings` has it after them.
              arrayMap(
                each -> (each.1, each.3),
                arrayFilter((each, before) -> each.2 AND each.1 = before.1, listings, arrayShiftRight(listings, 1))
              ) AS guesses,
              arrayMap((change, day) -> has(guesses, (change, day)), changes, days) AS is_left_out
            FROM (
              SELECT
                account, corp_key_no, list,
                groupArray(since_day) AS days, groupArray(change_id) AS changes, groupArray(e.details) AS details_told,
                groupArray(e.reasons) AS reasons_told, groupArray(ifNull(e.listed_version, 0)) AS all_listed_versions,
                groupArray(tuple(e.listed_at)) AS all_listed_times,
                arraySort(groupArrayIf((change_id, assumeNotNull(e.is_guess), since_day), e.is_guess IS NOT NULL)) AS listings,
                groupArrayIf(since_day, is_removal) AS removed_days, groupArrayIf(change_id, is_removal) AS removed_changes,
                groupArrayIf(tuple(e.removed_at), is_removal) AS removed_times, groupArrayIf(removal, is_removal) AS told_removals,
                groupArrayIf(ifNull(explained_version, toUInt256(-1)), is_removal) AS explained_versions,
                arraySort(groupArrayIf(response, list = '10' AND response.version > 0)) AS responses
              FROM (SELECT *, removed_at IS NOT NULL AS is_removal FROM {{database}}.list_entries FINAL) AS e
              GROUP BY account, corp_key_no, list
            )
          )
        )
      )
    )
  )
