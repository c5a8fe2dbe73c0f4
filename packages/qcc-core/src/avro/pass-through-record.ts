import type { TraceHeaders } from '../base/tracing/spans.ts';
import type { ChangeRecord } from '../contract/domain.ts';
import { type CarrierTopic, type Rest, restType } from './carrier.ts';
import { createLeadingProjection } from './projection.ts';
import { avroType } from './types.ts';
import { UndecodableError } from './undecodable-error.ts';

/** The fields that decide what happens to a change. */
export type PassThroughFields = Pick<
  ChangeRecord,
  'account' | 'corpKeyNo' | 'type' | 'category' | 'checkId' | 'orderNo' | 'revision' | 'position' | 'pushDate'
> & {
  /** The trace that its messages belong to. Only while traces are on; it decides nothing. */
  trace?: TraceHeaders | undefined;
};

/** A change that is passed on as the bytes that came. Only the fields that decide what happens to it are read. */
export type PassThroughRecord = PassThroughFields & {
  /** The whole record in this version's schema. */
  avro: Buffer;
};

const readLeadingRecord = createLeadingProjection<PassThroughFields & Pick<ChangeRecord, 'extra'>>('records', {
  type: 'record',
  name: 'ChangeRecord',
  namespace: 'qcc',
  fields: [
    { name: 'account', type: 'string' },
    { name: 'corpKeyNo', type: 'string' },
    { name: 'type', type: 'string' },
    { name: 'category', type: ['null', 'string'] },
    { name: 'checkId', type: ['null', 'string'] },
    // This field is not needed, but it must be read: skipping a map trusts the byte count that its writer may have put before a
    // block, while reading it, as decoding does, trusts the entries.
    { name: 'extra', type: { type: 'map', values: 'string' } },
    { name: 'orderNo', type: 'string' },
    { name: 'revision', type: 'int' },
    { name: 'position', type: 'int' },
    { name: 'pushDate', type: 'long' },
  ],
});

/**
 * Reads the needed fields of a change, and keeps its bytes: `avro` is a view of `body`.
 * @param body Of a message of `records` (`AvroCodec.body`). @throws UndecodableError
 */
export function readPassThroughRecord(body: Buffer): PassThroughRecord {
  const record = readLeading(body);
  if (record.avro.length < body.length) {
    throw new UndecodableError('a message of records does not decode with its schema', { cause: 'trailing data' });
  }
  return record;
}

/** The hash of the archive that the change came in. Only dead letters need it, so it is not read for each change. */
export const archiveSha256Of = ({ avro }: PassThroughRecord): string =>
  (avroType('records').fromBuffer(avro) as ChangeRecord).archiveSha256;

/** Reads a value that begins with a record. @param body Of a message of the topic. @throws UndecodableError */
export function readCarrier<Topic extends CarrierTopic>(
  topic: Topic,
  body: Buffer,
): Rest<Topic> & { record: PassThroughRecord } {
  const record = readLeading(body);
  try {
    return { ...restType(topic).fromBuffer(body.subarray(record.avro.length)), record };
  } catch (error) {
    throw new UndecodableError(`a message of ${topic} does not decode with its schema`, { cause: error });
  }
}

const internAccount = internLast();
const internOrderNo = internLast();

function readLeading(body: Buffer): PassThroughRecord {
  const { value, end } = readLeadingRecord(body);
  return {
    account: internAccount(value.account),
    corpKeyNo: value.corpKeyNo,
    type: value.type,
    category: value.category,
    checkId: value.checkId,
    orderNo: internOrderNo(value.orderNo),
    revision: value.revision,
    position: value.position,
    pushDate: value.pushDate,
    avro: end === body.length ? body : body.subarray(0, end),
  };
}

/**
 * Creates a function that returns its previous string again if the text is the same. Records come order by order. One string for all
 * records of an order takes less memory, and its hash is computed once.
 */
export function internLast(): (text: string) => string {
  let last = '';
  return (text) => {
    if (text !== last) last = text;
    return last;
  };
}
