import { createHash } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { buildZip, type TestEntry } from 'qcc-archive/testing/archives';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';

const BLOCK_BYTES = 1_048_576;

/**
 * A Deflate stream of `before`, then `bytes` of `filler` over and over, then `after`, made in the time of one MiB: the same
 * block again and again.
 */
export function repeatDeflated(input: { before?: string; filler: string; bytes: number; after?: string }): Buffer {
  const { before = '', filler, after = '' } = input;
  const fill = filler.repeat(Math.floor(BLOCK_BYTES / filler.length));
  const block = compress(fill, constants.Z_FULL_FLUSH);
  const blocks = Array.from({ length: Math.ceil(input.bytes / fill.length) }, () => block);
  return Buffer.concat([compress(before, constants.Z_FULL_FLUSH), ...blocks, compress(after, constants.Z_FINISH)]);
}

const compress = (text: string, finishFlush: number): Buffer =>
  deflateRawSync(Buffer.from(text), { finishFlush, level: 9 });

/** A bomb, written to a file by `build`, and the reason it is refused for. */
export type Bomb = { name: string; becomes: DeadLetterReason; build: () => Buffer };

const GIB = 1_073_741_824;
const BEGIN = '{"pushDate":"2021-03-16 18:52:26","result":[';
const RECORD = '{"id":"1","corpKeyNo":"k","type":"1"},';

const bomb = (entry: Partial<TestEntry>): Buffer => buildZip([{ name: 'corp.json', content: '', ...entry }]);
/** Declares as much as the ratio just allows. */
const belowRatio = (packed: Buffer): Partial<TestEntry> => ({ packed, declaredBytes: packed.length * 99 });

/** A block of records, as dense as the ratio just allows: `dense` of them have ids that nothing compresses. */
function denseBlock(record: string, dense: number): string {
  const ids = Array.from({ length: dense }, (_, at) => createHash('md5').update(`${at}`).digest('hex'));
  const head = ids.map((id) => RECORD.replace('"1"', `"${id}"`)).join('');
  return head + record.repeat(Math.floor((BLOCK_BYTES - head.length) / record.length));
}

/** Says nothing but the truth, expands 90 times or less, and is records from beginning to end. */
function honest({ before, record }: { before: string; record: string }): Buffer {
  const filler = denseBlock(record, 450);
  const bytes = 2 * GIB;
  const blocks = Math.ceil(bytes / filler.length);
  const after = `${RECORD.slice(0, -1)}]}`;
  const packed = repeatDeflated({ before, filler, bytes, after });
  return bomb({ packed, declaredBytes: before.length + blocks * filler.length + after.length });
}

const WITH_TOTAL = (total: number) => BEGIN.replace('"result"', `"totalSize":${total},"result"`);

/** Each expands to 2 GiB. */
export const BOMBS: readonly Bomb[] = [
  {
    name: 'zeros that say how many they are',
    becomes: 'ARCHIVE_LIMITS',
    build: () => bomb({ packed: repeatDeflated({ filler: '\0', bytes: 2 * GIB }), declaredBytes: 2 * GIB }),
  },
  {
    name: 'zeros that say they are few',
    becomes: 'ARCHIVE_DAMAGED',
    build: () => bomb({ packed: repeatDeflated({ filler: '\0', bytes: 2 * GIB }), declaredBytes: 1_000 }),
  },
  {
    name: 'blanks that say they are few',
    becomes: 'ARCHIVE_DAMAGED',
    build: () => bomb({ packed: repeatDeflated({ before: BEGIN, filler: ' ', bytes: 2 * GIB }), declaredBytes: 1_000 }),
  },
  {
    name: 'blanks that say they are as many as the ratio allows',
    becomes: 'ARCHIVE_LIMITS',
    build: () => bomb(belowRatio(repeatDeflated({ before: BEGIN, filler: ' ', bytes: 2 * GIB, after: ']}' }))),
  },
  {
    name: 'one string in a record',
    becomes: 'ARCHIVE_LIMITS',
    build: () =>
      bomb(belowRatio(repeatDeflated({ before: `${BEGIN}{"id":"`, filler: 'x', bytes: 2 * GIB, after: '"}]}' }))),
  },
  {
    name: 'one string around the records',
    becomes: 'ARCHIVE_JSON_DAMAGED',
    build: () =>
      bomb(belowRatio(repeatDeflated({ before: '{"a":"', filler: 'x', bytes: 2 * GIB, after: '","result":[]}' }))),
  },
  {
    name: 'open brackets',
    becomes: 'ARCHIVE_LIMITS',
    build: () => bomb(belowRatio(repeatDeflated({ before: BEGIN, filler: '[', bytes: 2 * GIB }))),
  },
  {
    name: 'elements that are not records',
    becomes: 'ARCHIVE_LIMITS',
    build: () =>
      bomb({
        packed: repeatDeflated({ before: BEGIN, filler: '1,', bytes: 2 * GIB, after: '1]}' }),
        declaredBytes: 16_000_000,
      }),
  },
  {
    name: 'good records, more than they say',
    becomes: 'ARCHIVE_LIMITS',
    build: () =>
      bomb({
        packed: repeatDeflated({ before: BEGIN, filler: RECORD, bytes: 2 * GIB, after: '{}]}' }),
        declaredBytes: 16_000_000,
      }),
  },
  {
    name: 'good records, as many as the ratio allows',
    becomes: 'ARCHIVE_LIMITS',
    build: () => bomb(belowRatio(repeatDeflated({ before: BEGIN, filler: RECORD, bytes: 2 * GIB, after: '{}]}' }))),
  },
  {
    name: 'good records of an honest size, two of them declared',
    becomes: 'ARCHIVE_LIMITS',
    build: () => honest({ before: WITH_TOTAL(2), record: RECORD }),
  },
  {
    name: 'good records of an honest size, as many declared as may be',
    becomes: 'ARCHIVE_LIMITS',
    build: () => honest({ before: WITH_TOTAL(50_000_000), record: RECORD }),
  },
  {
    name: 'elements of an honest size, half of them no records',
    becomes: 'ARCHIVE_LIMITS',
    build: () => honest({ before: BEGIN, record: `0,{},${RECORD}${RECORD}` }),
  },
];

/** A record of 200 MB between two good ones, in a text that Deflate shortens 80 times, which the ratio allows. */
export function hugeRecord(): Buffer {
  const dense = Array.from({ length: 1_250 }, (_, at) => createHash('md5').update(`${at}`).digest('hex').slice(16));
  const filler = dense.join('').padEnd(BLOCK_BYTES, 'x');
  const bytes = 200 * BLOCK_BYTES;
  const [before, after] = [`${BEGIN}${RECORD}{"id":"`, `"},${RECORD.slice(0, -1)}]}`];
  return bomb({
    packed: repeatDeflated({ before, filler, bytes, after }),
    declaredBytes: before.length + bytes + after.length,
  });
}
