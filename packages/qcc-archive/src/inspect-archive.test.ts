import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ArchiveError } from './errors.ts';
import { type ArchiveSource, inspectArchive, type ReadLimits } from './inspect-archive.ts';
import { PARSER_VERSION } from './read-change.ts';
import { type ElementOutcome, readElements } from './read-elements.ts';
import { buildZip, DOCUMENT, PASSWORD, spool, type TestEntry } from './testing/archives.ts';

const context = {
  account: 'main',
  orderNo: 'o-1',
  revision: 0,
  source: 'callback',
  archiveSha256: 'a',
  pushDate: 0,
} as const;

const sourceOf = (file: string): ArchiveSource => ({ file, password: PASSWORD, limits: { entryMaxBytes: 10_000_000 } });
const archiveOf = (content: string, entry: Partial<TestEntry> = {}) =>
  buildZip([{ name: 'dd_corp.json', content, ...entry }]);

async function readAll(source: ArchiveSource): Promise<ElementOutcome[]> {
  const inspection = await inspectArchive(source);
  const outcomes: ElementOutcome[] = [];
  for await (const batch of readElements({ ...source, inspection, context })) outcomes.push(...batch);
  return outcomes;
}

it("the document's example is inspected, then read as records with their lineage", async () => {
  await using spooled = await spool(archiveOf(JSON.stringify(DOCUMENT)));
  expect(await inspectArchive(sourceOf(spooled.file))).toEqual({
    entryName: 'dd_corp.json',
    otherEntries: [],
    unknownFields: [],
    pushDate: Date.UTC(2021, 2, 16, 10, 52, 26),
    declared: 2,
    elements: 2,
    rejected: 0,
    plaintextSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const outcomes = await readAll(sourceOf(spooled.file));
  expect(outcomes.map((outcome) => outcome.kind === 'record' && outcome.record.id)).toEqual(
    DOCUMENT.result.map(({ id }) => id),
  );
  expect(outcomes[1]).toEqual({
    kind: 'record',
    record: {
      ...DOCUMENT.result[1],
      ...context,
      position: 1,
      parserVersion: PARSER_VERSION,
      changeDate: 18_699,
      eventDate: 18_599,
      extra: {},
    },
  });
});

it('bad records are refused with their positions and bytes, the good ones of the same archive live', async () => {
  const good = JSON.stringify(DOCUMENT.result[0]);
  const huge = `{"id":"${'x'.repeat(1_000_000)}"}`;
  const elements = [good, '{"id":1e}', good, '[]', huge, '{}', good];
  await using spooled = await spool(
    archiveOf(`{"result":[${elements.join()}],"totalSize":"7","pushDate":"2021-03-16 18:52:26"}`),
  );
  expect(await inspectArchive(sourceOf(spooled.file))).toMatchObject({ declared: 7, elements: 7, rejected: 4 });
  const outcomes = await readAll(sourceOf(spooled.file));
  expect(
    outcomes.map((outcome) =>
      outcome.kind === 'record' ? outcome.record.position : [outcome.position, outcome.reason, outcome.element.kind],
    ),
  ).toEqual([
    0,
    [1, 'RECORD_NOT_JSON', 'element'],
    2,
    [3, 'RECORD_NOT_OBJECT', 'element'],
    [4, 'RECORD_TOO_LARGE', 'tooLarge'],
    [5, 'RECORD_FIELD_MISSING', 'element'],
    6,
  ]);
});

it('an archive whose result is null and that declares no records is an order without records', async () => {
  await using spooled = await spool(archiveOf('{"totalSize":0,"result":null,"pushDate":"2021-03-16 18:52:26"}'));
  expect(await inspectArchive(sourceOf(spooled.file))).toMatchObject({ declared: 0, elements: 0, rejected: 0 });
});

it('an archive of refused records beyond the limit is refused as a whole: it would fill the bin', async () => {
  const document = (refused: number) => `{"pushDate":"2021-03-16 18:52:26","result":[${'1,'.repeat(refused)}{}]}`;
  await using within = await spool(archiveOf(document(8)));
  await using beyond = await spool(archiveOf(document(1_000_000)));
  const limits = { entryMaxBytes: 10_000_000 };
  expect(await inspectArchive({ ...sourceOf(within.file), limits: { ...limits, maxRejected: 9 } })).toMatchObject({
    rejected: 9,
  });
  await expect(inspectArchive({ ...sourceOf(beyond.file), limits })).rejects.toMatchObject({ code: 'ARCHIVE_LIMITS' });
});

const RECORD = '{"id":"1","corpKeyNo":"k","type":"1"}';
const PUSH = '"pushDate":"2021-03-16 18:52:26"';
const many = (count: number, element = RECORD) => Array.from({ length: count }, () => element).join();
/** What is no record, and what nothing compresses. */
const names = (count: number) => Array.from({ length: count }, () => `"${randomBytes(16).toString('hex')}"`).join();
/** Records whose ids nothing compresses. */
const genuine = (count: number) =>
  Array.from({ length: count }, () => RECORD.replace('"1"', `"${randomBytes(16).toString('hex')}"`)).join();

describe('of an archive with more records than it declares', () => {
  const inspectWith = async (document: string, limits: Partial<ReadLimits>) => {
    await using spooled = await spool(archiveOf(document));
    return await inspectArchive({ ...sourceOf(spooled.file), limits: { entryMaxBytes: 10_000_000, ...limits } });
  };

  it.each([
    ['a few more', `{"totalSize":2,${PUSH},"result":[${genuine(12)}]}`, 12],
    ['up to twice as many', `{"totalSize":20,${PUSH},"result":[${genuine(40)}]}`, 40],
    ['fewer', `{"totalSize":10,${PUSH},"result":[${many(3)}]}`, 3],
    ['no total', `{${PUSH},"result":[${many(10)}]}`, 10],
  ])('%s are read, and the ledger says so', async (_, document, elements) => {
    expect(await inspectWith(document, { freeElements: 10 })).toMatchObject({ elements });
  });

  it.each([
    ['the total first', `{"totalSize":2,${PUSH},"result":[${genuine(13)}]}`],
    ['the total behind them', `{"result":[${genuine(13)}],${PUSH},"totalSize":2}`],
  ])('it is refused as a whole, %s', async (_, document) => {
    await expect(inspectWith(document, { freeElements: 10 })).rejects.toMatchObject({
      code: 'ARCHIVE_LIMITS',
      message: 'it declares 2 records and holds 13 at least',
    });
  });

  it.each([
    [
      'more records than it declares',
      `{"totalSize":1,${PUSH},"result":[${names(200)}]}`,
      'ARCHIVE_LIMITS',
      /declares 1 .* holds 7 /,
    ],
    ['damage before its records', `{"a":nope,${PUSH},"result":[${many(200, '1')}]}`, 'ARCHIVE_JSON_DAMAGED', /./],
  ])('it is refused for %s before what is in them counts', async (_, document, code, message) => {
    const inspecting = inspectWith(document, { freeElements: 5, maxRejected: 10 });
    await expect(inspecting).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('it is not read to its end where the total stands first', async () => {
    const document = `{"totalSize":2,${PUSH},"result":[${genuine(60_000)}]} this would be damage`;
    await expect(inspectWith(document, { freeElements: 10 })).rejects.toMatchObject({ code: 'ARCHIVE_LIMITS' });
  });
});

it('more records than can be packed into the bytes are no records: the archive is refused as a whole', async () => {
  const limits = { entryMaxBytes: 100_000_000, freeElements: 1_000 };
  await using packed = await spool(archiveOf(`{${PUSH},"totalSize":50000,"result":[${many(50_000)}]}`));
  await expect(inspectArchive({ ...sourceOf(packed.file), limits })).rejects.toMatchObject({
    code: 'ARCHIVE_LIMITS',
    message: expect.stringContaining('more than can be packed'),
  });
  await using real = await spool(archiveOf(`{${PUSH},"totalSize":50000,"result":[${genuine(50_000)}]}`));
  expect(await inspectArchive({ ...sourceOf(real.file), limits })).toMatchObject({ elements: 50_000 });
});

it.each([
  ['the total first', `{"totalSize":50000000,${PUSH},"result":[${RECORD}]}`],
  ['the total behind the records', `{"result":[${RECORD}],${PUSH},"totalSize":50000000}`],
])('an archive that declares more records than its bytes can hold is refused as a whole, %s', async (_, document) => {
  await using spooled = await spool(archiveOf(document));
  await expect(inspectArchive(sourceOf(spooled.file))).rejects.toMatchObject({
    code: 'ARCHIVE_LIMITS',
    message: expect.stringMatching(/^it declares 50000000 records in \d+ bytes: more than can be packed$/),
  });
});

it.each([
  ['most of many', `${many(12, '{}')},${many(10)}`, 'ARCHIVE_LIMITS'],
  ['half of many', `${many(11, '{}')},${many(11)}`, null],
  ['all of a few', many(10, '{}'), null],
])('where %s are refused, the archive is or they alone are', async (_, elements, code) => {
  await using spooled = await spool(archiveOf(`{${PUSH},"result":[${elements}]}`));
  const inspecting = inspectArchive({
    ...sourceOf(spooled.file),
    limits: { entryMaxBytes: 10_000_000, freeRejected: 10 },
  });
  if (code === null) expect((await inspecting).rejected).toBeGreaterThan(0);
  else await expect(inspecting).rejects.toMatchObject({ code });
});

it('an archive exchanged between the passes is noticed', async () => {
  await using spooled = await spool(archiveOf(JSON.stringify(DOCUMENT)));
  const source = sourceOf(spooled.file);
  const inspection = await inspectArchive(source);
  await writeFile(spooled.file, archiveOf(JSON.stringify({ ...DOCUMENT, totalSize: 3 })));
  const reading = async () => {
    for await (const _ of readElements({ ...source, inspection, context }));
  };
  await expect(reading()).rejects.toThrow('order o-1 changed after it was inspected');
});

describe('of an archive that fails', () => {
  const archive = archiveOf('{"pushDate":"2021-03-16 18:52:26","result":[{"id":"1","corpKeyNo":"k","type":"1"}]}');

  it.each<[string, string, string]>([
    ['bytes behind the document', `${JSON.stringify(DOCUMENT)}x`, 'ARCHIVE_JSON_DAMAGED'],
    ['a document cut off behind its records', JSON.stringify(DOCUMENT).slice(0, -1), 'ARCHIVE_JSON_DAMAGED'],
    ['a pushDate that cannot be read', JSON.stringify({ ...DOCUMENT, pushDate: '' }), 'ARCHIVE_ENVELOPE_INVALID'],
    ['an error page', '<html>', 'ARCHIVE_JSON_DAMAGED'],
    ['an empty entry', '', 'ARCHIVE_JSON_DAMAGED'],
  ])('%s: it is refused as a whole', async (_, content, code) => {
    await using spooled = await spool(archiveOf(content));
    await expect(inspectArchive(sourceOf(spooled.file))).rejects.toMatchObject({ name: 'ArchiveError', code });
  });

  /** What comes of each damaged archive: the code of its refusal, or the hash of the text it still holds. */
  async function outcomesOf(damaged: Iterable<Buffer>): Promise<Map<string, number>> {
    await using spooled = await spool(archive);
    const counts = new Map<string, number>();
    for (const bytes of damaged) {
      await writeFile(spooled.file, bytes);
      const outcome = await inspectArchive(sourceOf(spooled.file)).then(
        ({ plaintextSha256 }) => plaintextSha256,
        (error: unknown) => (error instanceof ArchiveError ? error.code : String(error)),
      );
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
    return counts;
  }

  it('cut off at any length, nothing is read', async () => {
    const lengths = [...archive.keys()];
    const outcomes = await outcomesOf(lengths.map((length) => archive.subarray(0, length)));
    expect([...outcomes.keys()].filter((outcome) => !outcome.startsWith('ARCHIVE_'))).toEqual([]);
  });

  it('with any byte flipped, nothing is read but what was sent (a flip in an unread field of the headers)', async () => {
    await using spooled = await spool(archive);
    const { plaintextSha256 } = await inspectArchive(sourceOf(spooled.file));
    const flipped = [...archive.keys()].map((at) => {
      const bytes = Buffer.from(archive);
      bytes[at]! ^= 0xff;
      return bytes;
    });
    const outcomes = await outcomesOf(flipped);
    const others = [...outcomes.keys()].filter((outcome) => !outcome.startsWith('ARCHIVE_'));
    expect(others).toEqual([plaintextSha256]);
    expect(outcomes.get('ARCHIVE_AUTHENTICATION')).toBeGreaterThan(80);
  });
});
