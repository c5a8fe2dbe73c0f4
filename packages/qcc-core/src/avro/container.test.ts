import { once } from 'node:events';
import avsc, { type Schema } from 'avsc';
import { expect, it } from 'vitest';
import { avroContainer } from './container.ts';

const SCHEMA: Schema = {
  type: 'record',
  name: 'Row',
  fields: [
    { name: 'text', type: 'string' },
    { name: 'place', type: 'long' },
  ],
};
const type = avsc.Type.forSchema(SCHEMA);

/** Read back by the library's own reader of such files. */
async function readBack(pieces: Iterable<Buffer>): Promise<unknown[]> {
  const decoder = new avsc.streams.BlockDecoder();
  const values: unknown[] = [];
  decoder.on('data', (value: unknown) => values.push(value));
  decoder.end(Buffer.concat([...pieces]));
  await once(decoder, 'end');
  return values;
}

it.each([
  ['nothing', 0, 10],
  ['one value', 1, 10],
  ['values of several blocks', 300, 20_000],
  ['a value that is larger than a block', 3, 1_500_000],
])('holds %s', async (_name, count, size) => {
  const rows = Array.from({ length: count }, (_, place) => ({ text: '企'.repeat(size / 3), place }));
  expect(
    await readBack(
      avroContainer(
        SCHEMA,
        rows.map((row) => [type.toBuffer(row)]),
      ),
    ),
  ).toEqual(rows);
});

it('takes a value in pieces, as the fields of a record follow one another', async () => {
  const text = avsc.Type.forSchema('string').toBuffer('甲');
  const place = avsc.Type.forSchema('long').toBuffer(-7);
  expect(await readBack(avroContainer(SCHEMA, [[text, place]]))).toEqual([{ text: '甲', place: -7 }]);
});
