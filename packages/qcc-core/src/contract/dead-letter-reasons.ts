/**
 * Every reason a dead letter can have, with what to do about it. `docs/dead-letters.md` is generated from it.
 */
export const DEAD_LETTER_REASONS = {
  MESSAGE_UNDECODABLE: 'The message is not Avro of its topic. Find its writer; discard it.',
  ORDER_UNKNOWN: 'QCC refuses the order number for good. Ask QCC; replay the order when it answers.',
  ORDER_UNLISTED:
    'More orders of callbacks came in an hour than UNCHECKED_ORDERS_PER_HOUR, and QCC did not list this one, or gave no list. If QCC lists the order, it is fetched without your help. If many came that QCC does not know, change the key; replay one that is genuine.',
  LINK_UNAVAILABLE: 'QCC gives no link for the order now. It is tried again while QCC lists it; later, replay it.',
  DOWNLOAD_FAILED:
    'The archive could not be had, also with a fresh link or for two minutes. It is tried again while QCC lists it. If its host is not allowed, see QCC_DOWNLOAD_HOSTS; if it cannot be reached, check the network. Then replay what is left.',
  ARCHIVE_TOO_LARGE:
    'The archive exceeds ARCHIVE_MAX_BYTES, or SPOOL_DIR has no room for it and its plaintext although no other order is there. Raise the limit or enlarge the spool, then replay.',
  ARCHIVE_NOT_ZIP: 'The downloaded file is not a zip archive. Ask QCC; replay the order.',
  ARCHIVE_PASSWORD: 'The password does not open the archive. Ask QCC; replay the order.',
  ARCHIVE_AUTHENTICATION: 'The archive was altered or the password is wrong. Ask QCC; replay the order.',
  ARCHIVE_ENTRY_MISSING: 'No entry corp.json or dd_corp.json. Ask QCC whether the format changed.',
  ARCHIVE_ENTRY_AMBIGUOUS: 'More than one entry could be meant. Ask QCC whether the format changed.',
  ARCHIVE_NOT_ENCRYPTED: 'The entry is not encrypted, so nothing vouches for it. Ask QCC.',
  ARCHIVE_UNSUPPORTED: 'Encryption or compression that the document does not name. Ask QCC.',
  ARCHIVE_LIMITS:
    'Entries, bytes, expansion, records, totalSize or refused records beyond the limits. Check for a bomb, ask QCC whether the format changed; raise ENTRY_MAX_BYTES if genuine.',
  ARCHIVE_DAMAGED: 'The archive is truncated or inconsistent. Replay the order.',
  ARCHIVE_JSON_DAMAGED: "The entry as a whole is not JSON of the document's shape. Ask QCC; replay the order.",
  ARCHIVE_ENVELOPE_INVALID: 'pushDate or totalSize cannot be read. Ask QCC; replay the order after a fix.',
  RECORD_NOT_JSON: 'One record is not JSON. Ask QCC; replay the order after a fix.',
  RECORD_NOT_UTF8: 'One record is not UTF-8. Ask QCC; replay the order after a fix.',
  RECORD_NOT_OBJECT: 'One element of result is not an object. Ask QCC; replay the order after a fix.',
  RECORD_TOO_LARGE:
    'One record exceeds what its topic takes. Compare max.message.bytes of the topic with docs/topics.md; if it agrees, ask QCC.',
  RECORD_TOO_DEEP: 'One record is nested beyond reason. Ask QCC.',
  RECORD_FIELD_MISSING: 'One record lacks id, corpKeyNo or type. Ask QCC; replay the order after a fix.',
  RECORD_FIELD_INVALID:
    'The id, corpKeyNo or type of one record is not text, or the id or corpKeyNo has more than 1 KiB; a value that does not fit another field is in extra. Ask QCC; replay the order after a fix.',
  DETAIL_ANSWER_UNKNOWN:
    "QCC answers a record's detail call with what its document does not explain; its details are FAILED. Ask QCC; replay the order: only what failed is asked again.",
  MESSAGE_REFUSED:
    'A Kafka broker permanently refuses the message for this record. Read the error in the dead letter, compare it with what the broker validates, and replay after a fix.',
  ALERT_UNDELIVERED:
    'A target refused a message with alerts, did not accept it within ALERT_GIVE_UP_MS, or was removed from the rules. The dead letter contains the alerts. Tell the team, repair the target, then discard the dead letter.',
  ROW_REFUSED: 'ClickHouse refuses the row. Look at the message; replay after a fix of the table or the mapping.',
} as const;
export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;
