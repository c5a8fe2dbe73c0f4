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
async function readBack(pieces: AsyncIterable<Buffer>): Promise<unknown[]> {
  const decoder = new avsc.streams.BlockDecoder();
  const values: unknown[] = [];
  decoder.on('data', (value: unknown) => values.push(value));
  decoder.end(Buffer.concat(await Array.fromAsync(pieces)));
  await once(decoder, 'end');
  return values;
}

/** In groups of two. */
async function* inGroups<Value>(values: readonly Value[]): AsyncGenerator<Value[]> {
  for (let at = 0; at < values.length; at += 2) yield values.slice(at, at + 2);
}

const containerOf = (rows: readonly { text: string; place: number }[]) =>
  avroContainer({
    schema: SCHEMA,
    groups: inGroups(rows),
    mostBytes: ({ text }) => 3 * text.length + 20,
    write: (row, block, at) => type.encode(row, block, at),
  });

it.each([
  ['nothing', 0, 10],
  ['one value', 1, 10],
  ['values of several blocks', 300, 20_000],
  ['a value that is larger than a block', 3, 1_500_000],
])('holds %s', async (_name, count, size) => {
  const rows = Array.from({ length: count }, (_, place) => ({ text: '企'.repeat(size / 3), place }));
  expect(await readBack(containerOf(rows))).toEqual(rows);
});

it('writes no piece again once it was given out', async () => {
  const rows = Array.from({ length: 300 }, (_, place) => ({ text: '企'.repeat(5_000), place }));
  const pieces: Buffer[] = [];
  const copies: Buffer[] = [];
  for await (const piece of containerOf(rows)) {
    pieces.push(piece);
    copies.push(Buffer.from(piece));
  }
  expect(Buffer.concat(pieces).equals(Buffer.concat(copies))).toBe(true);
});
