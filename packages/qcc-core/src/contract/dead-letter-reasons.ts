/**
 * Every reason a dead letter can have, with what to do about it. `docs/dead-letters.md` is generated from it.
 */
export const DEAD_LETTER_REASONS = {
  MESSAGE_UNDECODABLE: 'The message is not Avro of its topic. Find its writer; discard it.',
  ORDER_UNKNOWN: 'QCC refuses the order number for good. Ask QCC; replay the order when it answers.',
  ORDER_UNLISTED:
    'Callbacks brought more orders in an hour than UNCHECKED_ORDERS_PER_HOUR, and QCC did not list this one, or gave no list. If QCC lists the order later, it is fetched without your help. If many of these orders are unknown to QCC, change the key. Replay an order that is genuine.',
  LINK_UNAVAILABLE:
    'QCC gives no link for the order at the moment. The order is tried again while QCC lists it. After that, replay it.',
  DOWNLOAD_FAILED:
    'The archive could not be downloaded, even with a fresh link or after two minutes of retries. The order is tried again while QCC lists it. If its host is not allowed, see QCC_DOWNLOAD_HOSTS. If the host cannot be reached, check the network. Then replay the remaining orders.',
  ARCHIVE_TOO_LARGE:
    'The archive exceeds ARCHIVE_MAX_BYTES, or SPOOL_DIR has no space for it and its records although no other order is there. Raise the limit or enlarge the spool, then replay.',
  ARCHIVE_NOT_ZIP: 'The downloaded file is not a zip archive. Ask QCC; replay the order.',
  ARCHIVE_PASSWORD: 'The password does not open the archive. Ask QCC; replay the order.',
  ARCHIVE_AUTHENTICATION: 'The archive was altered or the password is wrong. Ask QCC; replay the order.',
  ARCHIVE_ENTRY_MISSING: 'The archive has no entry corp.json or dd_corp.json. Ask QCC whether the format changed.',
  ARCHIVE_ENTRY_AMBIGUOUS: 'More than one entry has one of the expected names. Ask QCC whether the format changed.',
  ARCHIVE_NOT_ENCRYPTED: 'The entry is not encrypted, so its content is not authenticated. Ask QCC.',
  ARCHIVE_UNSUPPORTED: "The archive uses encryption or compression that QCC's document does not name. Ask QCC.",
  ARCHIVE_LIMITS:
    'The archive exceeds a limit: entries, bytes, expansion, records, totalSize or refused records. Check whether it is a zip bomb, and ask QCC whether the format changed. If the archive is genuine and its entry is larger than ENTRY_MAX_BYTES, raise ENTRY_MAX_BYTES.',
  ARCHIVE_DAMAGED: 'The archive is truncated or inconsistent. Replay the order.',
  ARCHIVE_JSON_DAMAGED: "The entry as a whole is not JSON of the document's shape. Ask QCC; replay the order.",
  ARCHIVE_ENVELOPE_INVALID: 'pushDate or totalSize cannot be read. Ask QCC; replay the order after a fix.',
  RECORD_NOT_JSON: 'One record is not JSON. Ask QCC; replay the order after a fix.',
  RECORD_NOT_UTF8: 'One record is not UTF-8. Ask QCC; replay the order after a fix.',
  RECORD_NOT_OBJECT: 'One element of result is not an object. Ask QCC; replay the order after a fix.',
  RECORD_TOO_LARGE:
    'One record has more than 1,000,000 bytes in its archive, or its message is larger than the topic allows. Compare max.message.bytes of the topic with docs/topics.md. If they agree, ask QCC.',
  RECORD_TOO_DEEP: 'One record is nested too deeply. Ask QCC.',
  RECORD_FIELD_MISSING: 'One record lacks id, corpKeyNo or type. Ask QCC; replay the order after a fix.',
  RECORD_FIELD_INVALID:
    'The id, corpKeyNo or type of one record is not text, or the id or corpKeyNo has more than 1 KiB. (A value that does not fit another field is kept in extra.) Ask QCC; replay the order after a fix.',
  DETAIL_ANSWER_UNKNOWN:
    "QCC's document does not explain the response to a detail call for this record. The details are FAILED. Ask QCC, then replay the order: only failed details are requested again.",
  MESSAGE_REFUSED:
    'A Kafka broker permanently refuses the message for this record. Read the error in the dead letter, compare it with what the broker validates, and replay after a fix.',
  ALERT_UNDELIVERED:
    'A target refused a message with alerts, did not accept it within ALERT_GIVE_UP_MS, or was removed from the rules. The dead letter contains the alerts. Tell the team, repair the target, then discard the dead letter.',
  ROW_REFUSED: 'ClickHouse refuses the row. Look at the message; replay after a fix of the table or the mapping.',
} as const;
export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;
