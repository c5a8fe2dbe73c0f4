  account, push_day, corp_key_no, id, push_date, order_no, revision, position,
  corp_name, credit_code, reg_no, owner_pseudonym, type, type_name, category, category_name, direction, change_content,
  event_date, change_date, source, detail_status, detail_reason, details_total, details_complete, version, source_time, ingested_at,
  first.1 AS first_pushed_at,
  -- An archive that QCC built again may have another push date. If the first push was in the same order, a replay of it repeats nothing.
  if(
    first.2 = order_no AND mapContains(revisions, order_no),
    revisions[order_no] !=
{{columns replay_place}},
    first !=
{{columns push_place}}
  ) AS is_repeat,
  bitShiftRight(revisions[order_no], 32) > revision OR (
{{columns has_later_place}}
  ) AS is_superseded,
  is_credit_code, is_sole_trader, masked_content,
  -- The versions of an occurrence differ only in the low 48 bits of `version`: whether the details are settled, and when they were fetched.
  -- These are the highest bits of change_version. Below them, change_version is greater for a row that knows more: a later revision, an
  -- earlier first push, or that this push repeats the first one.
  bitShiftLeft(toUInt128(bitAnd(version, toUInt256(281474976710655))), 64)
    + bitShiftLeft(toUInt128(is_superseded), 63)
    + toUInt128(2 * (281474976710655 - toUnixTimestamp64Milli(first_pushed_at)) + is_repeat) AS change_version
