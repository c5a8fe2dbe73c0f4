  SELECT
    account, corp_key_no, list, since_day,
    details.version = 0 AS details_missing,
    multiIf(
      known_until IS NOT NULL, known_until,
      other_removal.1 > confirmed AND since_day <= other_removal.2, other_removal.2,
      NULL
    ) AS until_day,
    if(until_day IS NOT NULL AND (known_until IS NULL OR is_told_by_text) OR details.version = 0, 'TEXT', 'DETAILS') AS evidence,
    listed_at, removed_at,
    details.add_reason AS add_reason, details.office AS office,
    details.remove_reason AS remove_reason, details.remove_office AS remove_office
  FROM (
    SELECT
      *,
      -- A removal that cannot be about the entry that its text names is about another one, the newest first.
      arraySort(arrayFlatten(groupArray(removals_of_others) OVER company))[
        countIf(known_until IS NULL) OVER (company ORDER BY since_day DESC)
      ] AS other_removal
    FROM (
      SELECT
        *,
        greatest(details.version, ifNull(listed_version, 0)) AS confirmed,
        -- Details of 严重违法 have no day of removal, but the next whole response lacks what was removed.
        if(list = '10', arrayFirst(each -> each.1 > confirmed, arraySort(arrayFlatten(groupArray(responses) OVER company))), none) AS gone,
        arrayFirst(each -> each.1 > details.version, removals) AS told,
        details.remove_day IS NULL AND told.1 > 0 AND (gone.1 = 0 OR told.1 < gone.1) AS is_told_by_text,
        multiIf(details.remove_day IS NOT NULL, details.remove_day, is_told_by_text, told.2, gone.1 > 0, gone.2, NULL) AS known_until,
        arrayFilter(each -> each.1 > details.version AND each.2 > known_until AND NOT (is_told_by_text AND each = told), removals) AS removals_of_others
      FROM (
        SELECT
          account, corp_key_no, list, of_entry AS since_day,
          (toUInt256(0), toDate32('1900-01-01')) AS none,
          min(e.listed_at) AS listed_at, min(e.listed_version) AS listed_version, max(e.removed_at) AS removed_at,
          max(e.details) AS details,
          arraySort(groupArrayIf(e.removal, e.is_first_told AND NOT e.is_explained)) AS removals,
          groupArrayIf(e.response, e.response.1 > 0) AS responses
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
            ifNull(min(explained_version) OVER change < removal.1, false) AS is_explained,
            removal.1 != toUInt256(-1) AND removal.1 = min(removal.1) OVER change AS is_first_told
          FROM {{database}}.list_entries FINAL
          WINDOW change AS (PARTITION BY account, corp_key_no, list, change_id)
        ) AS e
        GROUP BY account, corp_key_no, list, of_entry
      )
      WINDOW company AS (PARTITION BY account, corp_key_no, list)
    )
    WINDOW company AS (PARTITION BY account, corp_key_no, list)
  )
  WHERE since_day != '1900-01-01' AND (listed_version IS NOT NULL OR removed_at IS NOT NULL OR details.version > 0)
