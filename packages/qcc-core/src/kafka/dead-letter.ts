import { createHash } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import type { Outgoing } from './outgoing.ts';
import { TOPICS } from './topics.ts';

/**
 * Every reason a dead letter can have, with what to do about it. `docs/dead-letters.md` is generated from it.
 */
export const DEAD_LETTER_REASONS = {
  MESSAGE_UNDECODABLE: 'The message is not Avro of its topic. Find its writer; discard it.',
  ORDER_UNKNOWN: 'QCC refuses the order number for good. Ask QCC; replay the order when it answers.',
  ORDER_UNLISTED:
    'A callback named an order that QCC does not list, and more of them came in an hour than UNCHECKED_ORDERS_PER_HOUR. If QCC lists the order, it is fetched without your help. If many came that QCC does not know, change the key; replay one that is genuine.',
  LINK_UNAVAILABLE: 'QCC gives no link for the order now. It is tried again while QCC lists it; later, replay it.',
  DOWNLOAD_FAILED: 'The archive could not be had, also with a fresh link. Replay the order.',
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
  ROW_REFUSED: 'ClickHouse refuses the row. Look at the message; replay after a fix of the table or the mapping.',
} as const;
export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;

/** Beyond either, a dead letter holds length, hash and place instead of the bytes. */
const MAX_VALUE_BYTES = 256 * 1024;
const MAX_KEY_BYTES = 1_024;
/** Each at most three bytes of UTF-8: all headers together stay far below what the topic takes. */
const MAX_HEADER_CHARACTERS = 1_000;

export type DeadLetterPlace = {
  /** The topic's name in the cluster. */
  topic: string;
  partition: number;
  offset: string;
  account: string;
  orderNo?: string;
  revision?: number;
  /** Index in the archive's result array, where one record is meant. */
  position?: number;
};

/**
 * A dead letter: the original bytes (of the message, or of one record in an archive), with why and where in headers. It
 * always fits its topic. A key or a value that is too large is cut or left out, and a digest says what it was and where it
 * came from.
 */
export function toDeadLetter(input: {
  stage: string;
  reason: DeadLetterReason;
  message: string;
  key: string;
  bytes: Buffer | null;
  /** Given instead of the bytes where they were too large to keep. */
  digest?: Digest;
  place: DeadLetterPlace;
  now: number;
}): Outgoing {
  const { key, place } = input;
  const digest = digestOf(input);
  const headers = {
    stage: input.stage,
    reason: input.reason,
    message: input.message,
    topic: place.topic,
    partition: place.partition,
    offset: place.offset,
    time: new Date(input.now).toISOString(),
    account: place.account,
    digest: digest && true,
    orderNo: place.orderNo,
    revision: place.revision,
    position: place.position,
  };
  return {
    topic: TOPICS.deadLetters,
    key: isLongKey(key) ? cutToBytes(key, MAX_KEY_BYTES) : key,
    value: digest ? Buffer.from(JSON.stringify({ ...digest, place: cutTexts(place) })) : input.bytes,
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[`qcc.dlq.${name}`, cutText(String(value))]],
      ),
    ),
  };
}

type Digest = { bytes: number; sha256: string };

/** Replaces a value or a key that is too large to keep; the header `qcc.dlq.digest` says that the value is a digest. */
function digestOf(input: { key: string; bytes: Buffer | null; digest?: Digest }) {
  const { key, bytes, digest } = input;
  const ofKey = isLongKey(key) ? { key: describeBytes(Buffer.from(key)) } : undefined;
  if (digest) return { ...digest, ...ofKey };
  if (bytes === null) return ofKey && { bytes: null, sha256: null, ...ofKey };
  if (bytes.length <= MAX_VALUE_BYTES && !ofKey) return undefined;
  return { ...describeBytes(bytes), ...ofKey };
}

const describeBytes = (bytes: Buffer): Digest => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

const isLongKey = (key: string): boolean => Buffer.byteLength(key) > MAX_KEY_BYTES;

const cutText = (text: string): string => text.slice(0, MAX_HEADER_CHARACTERS).toWellFormed();

const cutTexts = (place: DeadLetterPlace) =>
  Object.fromEntries(
    Object.entries(place).map(([name, value]) => [name, typeof value === 'string' ? cutText(value) : value]),
  );

/** Cuts a text to a number of bytes of UTF-8, at the end of a character. */
function cutToBytes(text: string, mostBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text.slice(0, mostBytes), new Uint8Array(mostBytes));
  return text.slice(0, read);
}

/** The dead letter of a message that was consumed. */
export const deadMessage = (
  input: { message: KafkaMessage; now: number; account: string; topic: string; partition: number } & {
    stage: string;
    reason: DeadLetterReason;
    text: string;
  } & Pick<DeadLetterPlace, 'orderNo' | 'revision' | 'position'>,
): Outgoing =>
  toDeadLetter({
    stage: input.stage,
    reason: input.reason,
    message: input.text,
    key: input.message.key?.toString() ?? '',
    bytes: input.message.value,
    place: {
      topic: input.topic,
      partition: input.partition,
      offset: input.message.offset,
      account: input.account,
      ...(input.orderNo !== undefined && { orderNo: input.orderNo }),
      ...(input.revision !== undefined && { revision: input.revision }),
      ...(input.position !== undefined && { position: input.position }),
    },
    now: input.now,
  });

/** The reference page of the reasons, in Markdown. */
export function renderDeadLettersDoc(): string {
  return `# Dead letters

What could not be processed stands on \`dead-letters\` as it was received, and in ClickHouse in \`dead_letters\`. Reasons come
from one closed list in \`packages/qcc-core/src/kafka/dead-letter.ts\`, from which \`npm run docs\` makes this page.

\`npx qcc dead-letters list\` shows those that are open (the view \`dead_letters_open\`): neither replayed nor discarded, nor of an order that was extracted after all or that a person has closed.
\`npx qcc dead-letters replay\` takes them by order, reason, time or id, each once; \`--dry-run\` shows what it would do. What
the extractor refused, and details that were given up, are replayed as their order, a new revision; any other message goes
once more to its topic, with the header \`qcc.replay-of\`. Letters with \`ORDER_UNLISTED\` or \`ORDER_UNKNOWN\` are replayed only if \`--order\` or
\`--id\` names them. \`npx qcc dead-letters discard\` writes down who decided that nothing more is done: \`--id\` about any dead letter,
\`--order\` and \`--position\` about rejected records. \`npx qcc order close\` settles all letters of an order that will not come right.
More than \`DEAD_LETTER_RUN_LIMIT\` in a row stop the consumer of a partition.

| reason | what to do |
|---|---|
${Object.entries(DEAD_LETTER_REASONS)
  .map(([reason, remedy]) => `| \`${reason}\` | ${remedy} |`)
  .join('\n')}
`;
}
