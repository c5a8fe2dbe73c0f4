import avsc, { type Schema } from 'avsc';

/** Follows each block. Any 16 bytes will do, because nothing searches these files for them. */
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

/** Size of a block, unless one value is larger. Readers get a block at once, and larger ones only cost memory. */
const BLOCK_BYTES = 1_048_576;

/**
 * Generates an Avro object container file in pieces. `write` encodes each value, in the given schema. Values come in groups, which
 * have nothing to do with the pieces.
 * @param mostBytes An upper bound of a value's size.
 * @param write Puts a value's binary into the block and returns where it ends.
 * @see Avro specification, "Object Container Files"
 */
export async function* avroContainer<Value>(input: {
  schema: Schema;
  groups: AsyncIterable<readonly Value[]>;
  mostBytes: (value: Value) => number;
  write: (value: Value, block: Buffer, at: number) => number;
}): AsyncGenerator<Buffer> {
  const meta = { 'avro.schema': Buffer.from(JSON.stringify(input.schema)), 'avro.codec': Buffer.from('null') };
  yield HEADER.toBuffer({ magic: Buffer.from('Obj\x01', 'latin1'), meta, sync: SYNC });
  let block = Buffer.alloc(0);
  let count = 0;
  let end = 0;
  const closed = () => [LONG.toBuffer(count), LONG.toBuffer(end), block.subarray(0, end), SYNC];
  for await (const values of input.groups) {
    for (const value of values) {
      const room = input.mostBytes(value);
      if (end + room > block.length) {
        if (count > 0) yield* closed();
        // Each block has its own memory, not from the pool: the former one may still be in use while this one is filled.
        block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, room));
        count = 0;
        end = 0;
      }
      end = input.write(value, block, end);
      count += 1;
    }
  }
  if (count > 0) yield* closed();
}
