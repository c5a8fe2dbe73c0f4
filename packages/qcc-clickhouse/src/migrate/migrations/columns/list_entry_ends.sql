  -- Returns one row for each company and list. The arrays hold its entries, the oldest first. The query is nested, because ClickHouse
  -- analyzes an expression again for each use of its alias.
  SELECT
    account, corp_key_no, list, is_entry, since, listed_at, ends.2 AS removed_at, reasons, is_missing, ends.1 AS until,
    arrayMap(
      (till, known, by_text, missing) -> missing OR till IS NOT NULL AND (known IS NULL OR by_text),
      until, known_until, is_ended_by_text, is_missing
    ) AS is_by_text
  FROM (
    SELECT
      *,
      -- Each of these removals ends the newest open entry that was listed before the removal. This entry begins before the day that the
      -- removal names. If `of_guess` is true, its first day is a guess after that day instead. An entry that is known to have ended only by
      -- the day on which a response was fetched counts as open until that day. If `of_present` is true, details still have the named entry.
      -- Such a removal ends no open entry. It only gives an earlier day to an entry that a response ended. An entry that details had on a day
      -- after the removal is ended only if there is no other. Each element of `ends` is the removal day of an entry, the time of its push,
      -- and whether only the day of a response is known.
      arrayFold(
        (ends_of_entries, removal) -> arrayMap(
          ended -> if(
            ended = 0,
            ends_of_entries,
            arrayConcat(
              arraySlice(ends_of_entries, 1, ended - 1),
              [(toNullable(removal.remove_day), toNullable(removal.pushed_at), false)],
              arraySlice(ends_of_entries, ended + 1)
            )
          ),
          arrayMap(
            fitting -> arrayFirst(
              place -> place > 0,
              [arrayLastIndex((fits, seen) -> fits AND seen <= removal.remove_day, fitting, last_seen), arrayLastIndex(fits -> fits, fitting)]
            ),
            [arrayMap(
              (end, day, version, guess, entry) ->
                if(end.3, ifNull(removal.remove_day <= end.1, false), end.1 IS NULL AND NOT removal.of_present)
                AND entry AND version < removal.version
                AND day <= removal.remove_day AND if(removal.of_guess, guess AND day > removal.named, day < removal.named),
              ends_of_entries, since, confirmed, is_guess, is_entry
            )]
          )
        )[1],
        removals_of_others, arrayZip(known_until, known_removed_at, is_ended_by_fetch)
      ) AS ends
    FROM (
      SELECT
        *,
        CAST(
          arraySort(arrayFlatten(arrayMap(
            (day, removals, of_entry, known, text_removal, first_version, listed) -> arrayMap(
              removal -> (
                removal.version, removal.remove_day, removal.pushed_at,
                listed = 0 AND of_entry.version = 0 AND removal.version = text_removal.version,
                if(day = '1900-01-01', toDate32('2299-12-31'), day),
                day != '1900-01-01' AND removal.version <= of_entry.version AND removal.remove_day >= day
              ),
              arrayFilter(
                removal -> day = '1900-01-01'
                  -- A removal names the newest listing. If that entry was removed already, or begins after the removal, the removal is
                  -- about an older entry.
                  OR removal.named = day AND removal.remove_day < day
                  OR removal.named = day
                    AND ifNull(removal.version > of_entry.version AND removal.version > first_version AND removal.remove_day > known, false)
                  -- Details of 严重违法 list only entries that are still on the list. If details of this push or of a later one have the named
                  -- entry, the removal is about an older entry.
                  OR list = '10' AND removal.named = day AND removal.version <= of_entry.version
                  -- No listing and no details have this day: the text that listed the entry did not name the day.
                  OR listed = 0 AND of_entry.version = 0 AND removal.version = text_removal.version,
                removals
              )
            ),
            since, text_removals, details, known_until, text_removal_of_entry, removed_version, listed_version
          ))),
          'Array(Tuple(version UInt256, remove_day Date32, pushed_at DateTime64(3, \'Asia/Shanghai\'), of_guess Bool, named Date32, of_present Bool))'
        ) AS removals_of_others
      FROM (
        SELECT
          *,
          arrayMap(of_entry -> arrayFirst(response -> response.version = of_entry.version, responses).day, details) AS last_seen,
          arrayMap(
            (day, of_entry, response, by_text) -> of_entry.remove_day IS NULL AND NOT by_text AND response.version > 0
              AND NOT (response.removed_day BETWEEN day AND response.day),
            since, details, lacking_response, is_ended_by_text
          ) AS is_ended_by_fetch,
          -- The time is from the first removal on or after the known end, or else from the last one. Earlier removals may be about another
          -- entry.
          arrayMap(
            (pushes, known, response) -> if(
              known IS NULL,
              NULL,
              multiIf(
                arrayExists(push -> push.remove_day >= known, pushes), arrayFirst(push -> push.remove_day >= known, pushes).pushed_at,
                notEmpty(pushes), toNullable(pushes[-1].pushed_at),
                response.removed_day = known, response.pushed_at,
                NULL
              )
            ),
            -- These removals are about another entry, see removals_of_others.
            arrayMap(
              (day, of_entry, pushes) -> arrayFilter(
                push -> NOT (push.named = day AND (push.remove_day < day OR list = '10' AND push.version <= of_entry.version)), pushes
              ),
              since, details, removal_pushes
            ),
            known_until, lacking_response
          ) AS known_removed_at
        FROM (
          SELECT
            *,
            arrayMap(
              (day, of_entry, text_removal, response, by_text) -> multiIf(
                of_entry.remove_day IS NOT NULL, of_entry.remove_day, by_text, text_removal.remove_day,
                response.version > 0, if(response.removed_day BETWEEN day AND response.day, response.removed_day, response.day), NULL
              ),
              since, details, text_removal_of_entry, lacking_response, is_ended_by_text
            ) AS known_until
          FROM (
            SELECT
              *,
              arrayMap(
                (of_entry, text_removal, response) -> of_entry.remove_day IS NULL AND text_removal.version > 0
                  AND (response.version = 0 OR text_removal.remove_day <= response.day),
                details, text_removal_of_entry, lacking_response
              ) AS is_ended_by_text
            FROM (
              SELECT
                *,
                -- Details of 严重违法 have no removal day. Of the complete responses of later pushes, the one that was fetched first ends
                -- the entry.
                arrayMap(
                  (version, day) -> arrayFirst(response -> response.version > version AND response.day >= day, responses), confirmed, since
                ) AS lacking_response,
                arrayMap(
                  (day, listed, removed, of_entry) ->
                    -- The row of the unknown day is not an entry. It has only removals, and details without a first day.
                    day != '1900-01-01' AND (listed > 0 OR removed > 0 OR of_entry.version > 0) AND NOT has(needless_guesses, day),
                  since, listed_version, removed_version, details
                ) AS is_entry
              FROM (
                SELECT
                  *,
                  arrayMap(of_entry -> of_entry.version = 0, details) AS is_missing,
                  -- A guess is needless if later details have an entry that has ended and includes the guessed day, and if no text names
                  -- the first day of this entry. Then the text without a day listed this entry.
                  arrayFilter(
                    (guess, guessed_version) -> arrayExists(
                      (day, listed, of_entry) -> listed = 0 AND of_entry.version > guessed_version
                        AND ifNull(guess BETWEEN day AND of_entry.remove_day, false),
                      since, listed_version, details
                    ),
                    arrayFilter((_, guess, of_entry) -> guess AND of_entry.version = 0, since, is_guess, details),
                    arrayFilter((_, guess, of_entry) -> guess AND of_entry.version = 0, listed_version, is_guess, details)
                  ) AS needless_guesses,
                  arrayMap((listed, of_entry) -> greatest(of_entry.version, listed), listed_version, details) AS confirmed,
                  arrayMap(
                    (day, removals, of_entry) -> arrayFirst(
                      removal -> day != '1900-01-01' AND removal.version > of_entry.version AND removal.remove_day >= day
                        -- If details list this entry, a removal that names another listing of the same record is not about it.
                        AND NOT (removal.names_other AND of_entry.version > 0),
                      removals
                    ),
                    since, text_removals, details
                  ) AS text_removal_of_entry
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
