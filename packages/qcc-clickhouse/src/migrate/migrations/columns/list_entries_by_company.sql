  -- One row for each company and list. The arrays hold its entries, the oldest first; `responses` are whole ones, the oldest first.
  -- In arrays, because the rows of a company lie together in list_entries: with optimize_aggregation_in_order, which readers have, they
  -- are grouped while they are read, and a question about all companies holds few of them in memory at a time.
  SELECT
    account, corp_key_no, list, since, responses,
    arrayMap(entry -> arrayReduce('max', arrayFilter((_, day) -> day = entry, details_of_rows, days)), since) AS details,
    arrayMap(entry -> arrayReduce('max', arrayFilter((_, day) -> day = entry, reasons_of_rows, days)), since) AS reasons,
    arrayMap(
      entry -> arrayMin(arrayFilter((version, day) -> day = entry AND version > 0, listed_versions, days)), since
    ) AS listed_version,
    arrayMap(entry -> tuple(arrayReduce('min', arrayFilter((_, day) -> day = entry, listed_times, days).1)), since) AS listed_at,
    arrayMap(
      entry -> tuple(arrayReduce('max', arrayFilter((_, of_entry) -> of_entry = entry, removed_times, removed_entries).1)), since
    ) AS removed_at,
    arrayMap(
      entry -> arraySort(arrayFilter((_, of_entry, counts) -> of_entry = entry AND counts, told_removals, removed_entries, is_told)), since
    ) AS removals
  FROM (
    SELECT
      *,
      -- The day of a removal that is about the entry of another day is no entry.
      arraySort(arrayDistinct(arrayFilter(
        (day, change) -> NOT arrayExists(
          (removed, by, of_entry) -> removed = day AND by = change AND of_entry != day, removed_days, removed_changes, removed_entries
        ),
        days, changes
      ))) AS since
    FROM (
      SELECT
        *,
        -- A record that said that the company was listed, and comes again to say that it was removed, is about the same entry.
        arrayMap(
          (removed, own) -> if(empty(own) OR has(own, removed), removed, arrayMin(own)),
          removed_days,
          arrayMap(
            by -> arrayFilter((_, change, version) -> change = by AND version > 0, days, changes, listed_versions), removed_changes
          )
        ) AS removed_entries,
        -- If it has details, they decide; if it comes again, it is still one removal.
        arrayMap(
          (by, version) -> version != toUInt256(-1)
            AND version = arrayMin(arrayFilter((_, change) -> change = by, told_removals.version, removed_changes))
            AND arrayMin(arrayFilter((_, change) -> change = by, explained_versions, removed_changes)) >= version,
          removed_changes, told_removals.version
        ) AS is_told
      FROM (
        SELECT
          account, corp_key_no, list,
          groupArray(since_day) AS days, groupArray(change_id) AS changes, groupArray(e.details) AS details_of_rows,
          groupArray(e.reasons) AS reasons_of_rows, groupArray(ifNull(e.listed_version, 0)) AS listed_versions,
          groupArray(tuple(e.listed_at)) AS listed_times,
          groupArrayIf(since_day, is_removal) AS removed_days, groupArrayIf(change_id, is_removal) AS removed_changes,
          groupArrayIf(tuple(e.removed_at), is_removal) AS removed_times, groupArrayIf(removal, is_removal) AS told_removals,
          groupArrayIf(ifNull(explained_version, toUInt256(-1)), is_removal) AS explained_versions,
          arraySort(groupArrayIf(response, list = '10' AND response.version > 0)) AS responses
        FROM (SELECT *, removed_at IS NOT NULL AS is_removal FROM {{database}}.list_entries FINAL) AS e
        GROUP BY account, corp_key_no, list
      )
    )
  )
