  -- One row for each company and list. The arrays hold its entries, the oldest first. In steps, because ClickHouse analyzes an
  -- expression again wherever its alias is used.
  SELECT
    account, corp_key_no, list, is_entry, since, listed_at, ends.2 AS removed_at, reasons, is_missing, ends.1 AS until,
    arrayMap(
      (till, known, by_text, missing) -> missing OR till IS NOT NULL AND (known IS NULL OR by_text),
      until, known_until, is_told_by_text, is_missing
    ) AS is_by_text
  FROM (
    SELECT
      *,
      -- A removal that names no entry, or one that it cannot be about, ends the newest one that is open and was listed before.
      arrayFold(
        (ends_of_entries, removal) -> arrayMap(
          ended -> if(
            ended = 0,
            ends_of_entries,
            arrayConcat(
              arraySlice(ends_of_entries, 1, ended - 1),
              [(toNullable(removal.told_day), toNullable(removal.pushed_at))],
              arraySlice(ends_of_entries, ended + 1)
            )
          ),
          [arrayLastIndex(
            (end, day, version, guess) -> end.1 IS NULL AND day != '1900-01-01' AND version < removal.version
              AND day <= removal.told_day AND if(removal.of_guess, guess AND day > removal.named, day < removal.named),
            ends_of_entries, since, confirmed, is_guess
          )]
        )[1],
        others, arrayZip(known_until, known_removed_at)
      ) AS ends
    FROM (
      SELECT
        *,
        CAST(
          arraySort(arrayFlatten(arrayMap(
            (day, removals_of_entry, of_entry, known, by_text, first_version, listed) -> arrayMap(
              removal -> (
                removal.1, removal.2, removal.4, listed = 0 AND of_entry.version = 0 AND removal.1 = by_text.1,
                if(day = '1900-01-01', toDate32('2299-12-31'), day)
              ),
              arrayFilter(
                removal -> day = '1900-01-01'
                  -- The text names the newest listing. If that one was removed already, or came later, the removal is about an older one.
                  OR removal.3 = day AND removal.2 < day
                  OR removal.3 = day AND ifNull(removal.1 > of_entry.version AND removal.1 > first_version AND removal.2 > known, false)
                  -- The text that listed the entry did not name its day.
                  OR listed = 0 AND of_entry.version = 0 AND removal.1 = by_text.1,
                removals_of_entry
              )
            ),
            since, removals, details, known_until, told, removed_version, listed_version
          ))),
          'Array(Tuple(version UInt256, told_day Date32, pushed_at DateTime64(3, \'Asia/Shanghai\'), of_guess Bool, named Date32))'
        ) AS others
      FROM (
        SELECT
          *,
          -- A removal may be about another entry, so not each of them was this one's.
          arrayMap(
            (pushes, known) -> if(
              known IS NULL,
              NULL,
              ifNull(arrayFirstOrNull(push -> push.1 >= known, pushes).2, arrayLastOrNull(push -> true, pushes).2)
            ),
            removal_pushes, known_until
          ) AS known_removed_at
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
                    (day, listed, removed, of_entry) -> day != '1900-01-01' AND (listed > 0 OR removed > 0 OR of_entry.version > 0),
                    since, listed_version, removed_version, details
                  ) AS is_entry,
                  arrayMap(of_entry -> of_entry.version = 0, details) AS is_missing,
                  arrayMap((listed, of_entry) -> greatest(of_entry.version, listed), listed_version, details) AS confirmed,
                  arrayMap(
                    (day, removals_of_entry, of_entry) -> arrayFirst(
                      removal -> day != '1900-01-01' AND removal.1 > of_entry.version AND removal.2 >= day
                        -- Details know the entry apart from the one that the text names.
                        AND NOT (removal.5 AND of_entry.version > 0),
                      removals_of_entry
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
  )
