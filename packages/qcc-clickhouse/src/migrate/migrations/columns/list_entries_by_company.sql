  -- One row for each company and list. The arrays hold its entries, the oldest first; `responses` are whole ones, the oldest first.
  SELECT
    account, corp_key_no, list,
    arraySort(groupArray(since_day)) AS since,
    arraySort((_, day) -> day, groupArray(details), groupArray(since_day)) AS details,
    arraySort((_, day) -> day, groupArray(removals), groupArray(since_day)) AS removals,
    arraySort((_, day) -> day, groupArray(listed_version), groupArray(since_day)) AS listed_version,
    arraySort((_, day) -> day, groupArray(tuple(listed_at)), groupArray(since_day)) AS listed_at,
    arraySort((_, day) -> day, groupArray(tuple(removed_at)), groupArray(since_day)) AS removed_at,
    arraySort((_, day) -> day, groupArray(reasons), groupArray(since_day)) AS reasons,
    arraySort(groupArrayArray(responses_of_entry)) AS responses
  FROM (
    SELECT
      account, corp_key_no, list, of_entry AS since_day,
      min(e.listed_at) AS listed_at, ifNull(min(e.listed_version), 0) AS listed_version, max(e.removed_at) AS removed_at,
      max(e.details) AS details, max(e.reasons) AS reasons,
      arraySort(groupArrayIf(e.removal, e.is_first_told AND NOT e.is_explained)) AS removals,
      groupArrayIf(e.response, list = '10' AND e.response.version > 0) AS responses_of_entry
    FROM (
      -- A record that said that the company was listed, and comes again to say that it was removed, is about the same entry.
      -- If it has details, they decide; if it comes again, it is still one removal.
      SELECT
        *,
        if(
          removed_at IS NOT NULL AND listed_version IS NULL,
          ifNull(min(if(listed_version IS NULL, NULL, since_day)) OVER change, since_day),
          since_day
        ) AS of_entry,
        ifNull(min(explained_version) OVER change < removal.version, false) AS is_explained,
        removal.version != toUInt256(-1) AND removal.version = min(removal.version) OVER change AS is_first_told
      FROM {{database}}.list_entries FINAL
      WINDOW change AS (PARTITION BY account, corp_key_no, list, change_id)
    ) AS e
    GROUP BY account, corp_key_no, list, of_entry
  )
  GROUP BY account, corp_key_no, list
