import { isUtf8 } from 'node:buffer';
import { lineage, type Place } from './lineage.ts';

/** What is needed of a Kafka message. */
export type DeadLetterMessage = {
  key: Buffer | null;
  value: Buffer | null;
  headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
};

export type DeadLetterRow = ReturnType<typeof toDeadLetterRow>;

/**
 * A message of `dead-letters` → a row of `dead_letters`. A value that the headers lack becomes null, or empty in a column that is never
 * null, because a dead letter is stored whatever it looks like.
 */
export function toDeadLetterRow({ headers = {}, key, value }: DeadLetterMessage, place: Place) {
  const header = (name: string): string | null => {
    const raw = headers[`qcc.dlq.${name}`];
    const single = Array.isArray(raw) ? raw[0] : raw;
    return single === undefined ? null : single.toString();
  };
  const count = (name: string): string | null => /^\d{1,9}$/.exec(header(name) ?? '')?.[0] ?? null;
  const time = Date.parse(header('time') ?? '');
  const text = value === null || isUtf8(value);
  return {
    ...lineage(place),
    stage: header('stage') ?? '',
    reason: header('reason') ?? '',
    message: header('message') ?? '',
    rejected_at: Number.isNaN(time) ? null : time,
    origin_topic: header('topic') ?? '',
    origin_partition: count('partition'),
    origin_offset: /^\d{1,19}$/.exec(header('offset') ?? '')?.[0] ?? null,
    account: header('account'),
    order_no: header('orderNo'),
    revision: count('revision'),
    position: count('position'),
    key: key === null ? null : key.toString(),
    value: value === null ? null : value.toString(text ? 'utf8' : 'base64'),
    value_encoding: header('digest') === 'true' ? 'digest' : text ? 'utf8' : 'base64',
    bytes: value?.length ?? 0,
  };
}
