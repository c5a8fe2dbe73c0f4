  -- One row for each company and list. The arrays hold its entries, the oldest first. In steps, because ClickHouse analyzes an
  -- expression again wherever its alias is used.
  SELECT
    account, corp_key_no, list, is_entry, since, listed_at, removed_at, reasons, is_missing, until,
    arrayMap(
      (till, known, by_text, missing) -> missing OR till IS NOT NULL AND (known IS NULL OR by_text),
      until, known_until, is_told_by_text, is_missing
    ) AS is_by_text
  FROM (
    SELECT
      *,
      -- A removal that names no entry, or one that it cannot be about, ends the newest one that is open and was listed before.
      arrayFold(
        (till_of_entries, removal) -> arrayMap(
          ended -> if(
            ended = 0,
            till_of_entries,
            arrayConcat(
              arraySlice(till_of_entries, 1, ended - 1), [toNullable(removal.2)], arraySlice(till_of_entries, ended + 1)
            )
          ),
          [arrayLastIndex(
            (till, day, version) -> till IS NULL AND day != '1900-01-01' AND version < removal.1 AND day <= removal.2,
            till_of_entries, since, confirmed
          )]
        )[1],
        others, known_until
      ) AS until
    FROM (
      SELECT
        *,
        arraySort(arrayFlatten(arrayMap(
          (day, removals_of_entry, of_entry, known, by_text, is_by_text) -> arrayFilter(
            removal -> day = '1900-01-01'
              OR ifNull(removal.1 > of_entry.version AND removal.2 > known AND NOT (is_by_text AND removal = by_text), false),
            removals_of_entry
          ),
          since, removals, details, known_until, told, is_told_by_text
        ))) AS others
      FROM (
        SELECT
          *,
          arrayMap(
            (of_entry, by_text, by_response, is_by_text) -> multiIf(
              of_entry.remove_day IS NOT NULL, of_entry.remove_day, is_by_text, by_text.2, by_response.1 > 0, by_response.2, NULL
            ),
            details, told, gone, is_told_by_text
          ) AS known_until
        FROM (
          SELECT
            *,
            arrayMap(
              (of_entry, by_text, by_response) -> of_entry.remove_day IS NULL AND by_text.1 > 0
                AND (by_response.1 = 0 OR by_text.1 < by_response.1),
              details, told, gone
            ) AS is_told_by_text
          FROM (
            SELECT
              *,
              -- Details of 严重违法 have no day of removal, but the next whole response lacks what was removed.
              arrayMap(version -> arrayFirst(response -> response.1 > version, responses), confirmed) AS gone
            FROM (
              SELECT
                *,
                -- The row of the unknown day only keeps responses and removals.
                arrayMap(
                  (day, listed, removed, of_entry) -> day != '1900-01-01' AND (listed > 0 OR removed.1 IS NOT NULL OR of_entry.version > 0),
                  since, listed_version, removed_at, details
                ) AS is_entry,
                arrayMap(of_entry -> of_entry.version = 0, details) AS is_missing,
                arrayMap((listed, of_entry) -> greatest(of_entry.version, listed), listed_version, details) AS confirmed,
                arrayMap(
                  (day, removals_of_entry, of_entry) -> arrayFirst(
                    removal -> day != '1900-01-01' AND removal.1 > of_entry.version, removals_of_entry
                  ),
                  since, removals, details
                ) AS told
              FROM (
{{columns list_entries_by_company}}
              )
            )
          )
        )
      )
    )
  )
