          -- Collects the facts about entries from records and from details. A record may report a listing, then a removal, then a listing
          -- again. Each listing that follows a removal begins a round. If several pushes of a round say the same, only one of them counts.
          SELECT
            account, corp_key_no, list, reasons, responses,
            CAST(
              arrayConcat(
                if(details.version > 0, [(since_day, 'DETAILS', details.version, toDateTime64(0, 3), false, details.remove_day, since_day, false, true, false)], []),
                arrayFlatten(arrayMap(
                  (days, of_round) -> arrayMap(
                    listing -> (
                      listing.day, 'LISTED', listing.version, listing.pushed_at, listing.is_guess, toDate32('2299-12-31'), listing.day, false,
                      listing.has_details, false
                    ),
                    arrayFilter(listing -> has(days, listing.day), of_round)
                  ),
                  listed_days, listings
                )),
                -- If a record has listed the company, its removal is about the same entry, even if it names another day.
                arrayFlatten(arrayMap(
                  (days, of_round) -> arrayFlatten(arrayMap(
                    (removal, is_by_text) -> arrayMap(
                      day -> (
                        day, 'REMOVED', removal.version, removal.pushed_at, false, removal.reported_day, removal.day, is_by_text, removal.has_details,
                        day != removal.day AND has(days, removal.day)
                      ),
                      if(empty(days), [removal.day], days)
                    ),
                    of_round,
                    -- A text decides only in the first push of a removal, and only if this push has no details. If the record also listed
                    -- the company, all pushes of the round are about one removal. Otherwise, pushes are about one removal if they name the
                    -- same day, or if they have the same update date and the earlier one names a day. If the text names no day, a push with
                    -- details or with a day decides.
                    arrayMap(
                      removal -> NOT removal.has_details
                        AND removal.version
                          = arrayFirst(
                            one -> notEmpty(days) OR one.day = removal.day OR one.day != '1900-01-01' AND one.reported_day = removal.reported_day,
                            of_round
                          ).version
                        AND (
                          notEmpty(days) OR removal.day != '1900-01-01'
                            OR NOT arrayExists(one -> one.has_details OR one.day != '1900-01-01', of_round)
                        ),
                      of_round
                    )
                  )),
                  listed_days, removals
                ))
              ),
              'Array(Tuple(day Date32, kind String, version UInt256, pushed_at DateTime64(3, \'Asia/Shanghai\'), is_guess Bool, remove_day Date32, named Date32, is_by_text Bool, has_details Bool, names_other Bool))'
            ) AS facts
          FROM (
            SELECT
              *,
              -- If no push of a round names the day, the earliest update or push date is the guess.
              arrayMap(
                of_round -> if(
                  arrayExists(listing -> NOT listing.is_guess, of_round),
                  arrayFilter(listing -> NOT listing.is_guess, of_round).day,
                  arraySlice(arraySort(of_round.day), 1, 1)
                ),
                listings
              ) AS listed_days
            FROM (
              SELECT
                account, corp_key_no, list, since_day, details, reasons, responses,
                arrayMap(
                  of_round -> arrayFilter(
                    (push, nth) -> push.is_listing AND nth = 1, of_round, arrayEnumerateUniq(of_round.is_listing, of_round.day, of_round.is_guess)
                  ),
                  rounds
                ) AS listings,
                arrayMap(
                  of_round -> arrayFilter(
                    (push, nth) -> NOT push.is_listing AND nth = 1,
                    of_round, arrayEnumerateUniq(of_round.is_listing, of_round.day, of_round.has_details)
                  ),
                  rounds
                ) AS removals
              FROM (
                SELECT
                  *,
                  arraySplit((push, before) -> push.is_listing AND NOT before.is_listing, ordered, arrayShiftRight(ordered, 1, ordered[1])) AS rounds
                FROM (SELECT *, arraySort(pushes) AS ordered FROM {{database}}.list_entries FINAL)
              )
            )
          )
