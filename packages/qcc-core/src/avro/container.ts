import avsc, { type Schema } from 'avsc';

/** Marks the ends of blocks; any 16 bytes do, as nothing here is ever searched for them. */
const SYNC = Buffer.alloc(16, 0x51);

const HEADER = avsc.Type.forSchema({
  type: 'record',
  name: 'Header',
  fields: [
    { name: 'magic', type: { type: 'fixed', name: 'Magic', size: 4 } },
    { name: 'meta', type: { type: 'map', values: 'bytes' } },
    { name: 'sync', type: { type: 'fixed', name: 'Sync', size: 16 } },
  ],
});
const LONG = avsc.Type.forSchema('long');

/** What readers are handed at once; larger ones only cost memory. */
const BLOCK_BYTES = 1_048_576;

/**
 * An Avro object container file, in pieces, around values that are encoded already.
 * @param values The Avro binary of each value, in one or more pieces, in the schema given.
 * @see Avro specification, "Object Container Files"
 */
export function* avroContainer(schema: Schema, values: Iterable<readonly Buffer[]>): Generator<Buffer> {
  const meta = { 'avro.schema': Buffer.from(JSON.stringify(schema)), 'avro.codec': Buffer.from('null') };
  yield HEADER.toBuffer({ magic: Buffer.from('Obj\x01', 'latin1'), meta, sync: SYNC });
  let pieces: Buffer[] = [];
  let count = 0;
  let bytes = 0;
  const block = () => Buffer.concat([LONG.toBuffer(count), LONG.toBuffer(bytes), ...pieces, SYNC]);
  for (const value of values) {
    pieces.push(...value);
    for (const piece of value) bytes += piece.length;
    count += 1;
    if (bytes < BLOCK_BYTES) continue;
    yield block();
    pieces = [];
    count = 0;
    bytes = 0;
  }
  if (count > 0) yield block();
}
