import { createHash } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import type { DeadLetterReason } from '../../contract/dead-letter-reasons.ts';
import { TOPICS } from '../../contract/topics.ts';
import type { Outgoing } from '../wire/outgoing.ts';

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
  account?: string;
  orderNo?: string;
  revision?: number;
  /** Index in the archive's result array, where one record is meant. */
  position?: number;
  /** Of that order's archive as it was delivered, which the evidence store keeps. */
  archiveSha256?: string;
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
    archiveSha256: place.archiveSha256,
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

/** `of` says what was measured: the original as it was received, or the record in Avro that a service made of it. */
type Digest = Measure & { of: 'original' | 'avro' };
type Measure = { bytes: number; sha256: string };

/** Replaces a value or a key that is too large to keep; the header `qcc.dlq.digest` says that the value is a digest. */
function digestOf(input: { key: string; bytes: Buffer | null; digest?: Digest }) {
  const { key, bytes, digest } = input;
  const ofKey = isLongKey(key) ? { key: measure(Buffer.from(key)) } : undefined;
  if (digest) return { ...digest, ...ofKey };
  if (bytes === null) return ofKey && { of: 'original', bytes: null, sha256: null, ...ofKey };
  if (bytes.length <= MAX_VALUE_BYTES && !ofKey) return undefined;
  return { of: 'original', ...measure(bytes), ...ofKey };
}

const measure = (bytes: Buffer): Measure => ({
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

/** The digest of a record in Avro, whose message Kafka refuses. */
export const digestOfAvro = (bytes: Buffer): Digest => ({ of: 'avro', ...measure(bytes) });

/** The dead letter of a message that was consumed. */
export const deadMessage = (
  input: { message: KafkaMessage; now: number; account?: string; topic: string; partition: number } & {
    stage: string;
    reason: DeadLetterReason;
    text: string;
  } & Pick<DeadLetterPlace, 'orderNo' | 'revision' | 'position' | 'archiveSha256'>,
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
      ...(input.account !== undefined && { account: input.account }),
      ...(input.orderNo !== undefined && { orderNo: input.orderNo }),
      ...(input.revision !== undefined && { revision: input.revision }),
      ...(input.position !== undefined && { position: input.position }),
      ...(input.archiveSha256 !== undefined && { archiveSha256: input.archiveSha256 }),
    },
    now: input.now,
  });
