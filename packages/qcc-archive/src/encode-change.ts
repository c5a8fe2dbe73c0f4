import avsc, { type Schema } from 'avsc';
import type { Composed } from 'qcc-core/avro/composed';
import { readLong, sizeOfLong, writeLong } from 'qcc-core/avro/long';
import { encodeAvro } from 'qcc-core/avro/types';
import { CHANGE_TYPES, RISK_CATEGORIES } from 'qcc-core/contract/domain';
import { type Change, type ExtractionContext, PARSER_VERSION } from './read-change.ts';
import { type RecordField, recordFields } from './record-layout.ts';

const FIELDS = recordFields();
const ORDER_NO_AT = FIELDS.findIndex(({ name }) => name === 'orderNo');
const recordOf = (name: string, fields: readonly RecordField[]) =>
  avsc.Type.forSchema({ type: 'record', name, fields } as unknown as Schema);

/**
 * A record's Avro binary is that of its fields, one after the other (Avro specification, "Binary Encoding"). The fields of the change
 * itself are contiguous, from id to extra. The fields before and after them are its lineage, which is known only when the whole
 * archive has been read.
 */
const ACCOUNT = recordOf('Account', FIELDS.slice(0, 1));
const CHANGE = recordOf('Change', FIELDS.slice(1, ORDER_NO_AT));
const BEFORE_POSITION = recordOf('BeforePosition', FIELDS.slice(ORDER_NO_AT, ORDER_NO_AT + 2));
const AFTER_POSITION = recordOf('AfterPosition', FIELDS.slice(ORDER_NO_AT + 3));

export type EncodedChange = {
  /** Its part of a record's Avro binary, from id to extra, from the beginning of `bytes` on. */
  bytes: Buffer;
  byteLength: number;
  /** Codes that the document's lists do not have. */
  unknownType: boolean;
  unknownCategory: boolean;
};

export function encodeChange(change: Change): EncodedChange {
  const bytes = encodeAvro(CHANGE, change);
  return {
    bytes,
    byteLength: bytes.length,
    unknownType: !Object.hasOwn(CHANGE_TYPES, change.type),
    unknownCategory: change.category !== null && !Object.hasOwn(RISK_CATEGORIES, change.category),
  };
}

/**
 * Creates a function that combines an encoded change with the fields that all records of the extraction share.
 * @param header The bytes before the Avro binary of a value of `records`.
 */
export function createRecordWriter(
  header: Buffer,
  context: ExtractionContext,
): (change: Buffer, position: number) => Composed {
  const shared: Shared = {
    head: Buffer.concat([header, ACCOUNT.toBuffer(context)]),
    before: BEFORE_POSITION.toBuffer(context),
    after: AFTER_POSITION.toBuffer({ ...context, parserVersion: PARSER_VERSION }),
  };
  return (change, position) => new PlacedChange(shared, change, position);
}

type Shared = { head: Buffer; before: Buffer; after: Buffer };

/** A change with its position and the shared fields: a value of `records`. */
class PlacedChange implements Composed {
  readonly byteLength: number;
  readonly #shared: Shared;
  readonly #change: Buffer;
  readonly #position: number;

  constructor(shared: Shared, change: Buffer, position: number) {
    const { head, before, after } = shared;
    this.byteLength = head.length + change.length + before.length + sizeOfLong(position) + after.length;
    this.#shared = shared;
    this.#change = change;
    this.#position = position;
  }
  writeTo(target: Buffer, offset: number): number {
    const { head, before, after } = this.#shared;
    let at = offset + head.copy(target, offset);
    at += this.#change.copy(target, at);
    at += before.copy(target, at);
    at = writeLong(target, at, this.#position);
    return at + after.copy(target, at);
  }
}

/** The key that a change has on `records`: its second field. */
export function corpKeyNoOf(change: Buffer): string {
  const cursor = { at: 0 };
  const idBytes = readLong(change, cursor);
  cursor.at += idBytes;
  const bytes = readLong(change, cursor);
  return change.toString('utf8', cursor.at, cursor.at + bytes);
}
