import { constants, deflateRawSync } from 'node:zlib';
import * as zip from '@zip.js/zip.js';
import { describe, expect, it } from 'vitest';
import { ArchiveError } from '../errors.ts';
import { buildZip, letPass, PASSWORD, spool, type TestEntry } from '../testing/archives.ts';
import { openArchive } from './open-archive.ts';

const CONTENT = '{"pushDate":"2021-03-16 18:52:26","result":[]}';
const LIMITS = { entryMaxBytes: 64 * 1_048_576 };
const corp = (entry: Partial<TestEntry> = {}): TestEntry => ({ name: 'corp.json', content: CONTENT, ...entry });

async function read(archive: Buffer, limits = LIMITS, password = PASSWORD) {
  await using spooled = await spool(archive);
  await using opened = await openArchive({ file: spooled.file, password, limits });
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.stream()) chunks.push(chunk);
  const { entryName, declaredBytes, otherEntries } = opened;
  return { text: Buffer.concat(chunks).toString(), entryName, declaredBytes, otherEntries };
}

const codeOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'read',
    (error: unknown) => (error instanceof ArchiveError ? error.code : String(error)),
  );

describe('openArchive reads', () => {
  it.each<[string, Partial<TestEntry>]>([
    ['AE-2 with Deflate', {}],
    ['AE-1, whose CRC is checked', { encryption: 'AE-1' }],
    ['a stored entry', { method: 0 }],
    ['a stored AE-1 entry', { method: 0, encryption: 'AE-1' }],
    ['zip64 sizes', { zip64: true }],
    ['a data descriptor', { dataDescriptor: true }],
    ['a data descriptor of zip64', { dataDescriptor: true, zip64: true }],
    ["the example's name", { name: 'dd_corp.json' }],
  ])('%s', async (_, entry) => {
    expect(await read(buildZip([corp(entry)]))).toEqual({
      text: CONTENT,
      entryName: entry.name ?? 'corp.json',
      declaredBytes: CONTENT.length,
      otherEntries: [],
    });
  });

  it("what another program's writer makes", async () => {
    const writer = new zip.ZipWriter(new zip.Uint8ArrayWriter(), { password: PASSWORD, encryptionStrength: 3 });
    await writer.add('corp.json', new zip.TextReader(CONTENT), { useWebWorkers: false });
    expect((await read(Buffer.from(await writer.close()))).text).toBe(CONTENT);
  });

  it('an archive behind another program, as self-extracting ones are', async () => {
    expect((await read(Buffer.concat([Buffer.alloc(100, 'MZ'), buildZip([corp()])]))).text).toBe(CONTENT);
  });

  it('only the one entry, and reports the others, whatever their names', async () => {
    const names = [
      '../corp.json',
      '/corp.json',
      'C:\\corp.json',
      '..\\corp.json',
      'a/corp.json',
      'corp.json\0.txt',
      'CORP.JSON',
    ];
    const archive = buildZip([...names.map((name) => corp({ name, encryption: 'none' })), corp()]);
    expect(await read(archive)).toMatchObject({ text: CONTENT, otherEntries: names });
  });

  it('several streams, also after ones that were abandoned', async () => {
    await using spooled = await spool(buildZip([corp({ content: 'x'.repeat(2_000_000), method: 0 })]));
    await using opened = await openArchive({ file: spooled.file, password: PASSWORD, limits: LIMITS });
    for (let round = 0; round < 5; round++) for await (const _ of opened.stream()) break;
    let bytes = 0;
    for await (const chunk of opened.stream()) bytes += chunk.length;
    expect(bytes).toBe(2_000_000);
  });
});

describe('openArchive refuses', () => {
  const zeros = Buffer.alloc(20 * 1_048_576);
  it.each<[string, string, () => Buffer]>([
    ['an empty file', 'ARCHIVE_NOT_ZIP', () => Buffer.alloc(0)],
    ['an error page', 'ARCHIVE_NOT_ZIP', () => Buffer.from(`<?xml version="1.0"?><Error>${' '.repeat(100)}</Error>`)],
    ['an archive cut off in its directory', 'ARCHIVE_DAMAGED', () => buildZip([corp()]).subarray(0, -30)],
    ['an archive cut off behind its first signature', 'ARCHIVE_DAMAGED', () => buildZip([corp()]).subarray(0, 4)],
    ['an archive cut off before that', 'ARCHIVE_NOT_ZIP', () => buildZip([corp()]).subarray(0, 3)],
    ['an empty archive', 'ARCHIVE_ENTRY_MISSING', () => buildZip([])],
    ['an entry of another name', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: 'corp.xml' })])],
    ['an entry that climbs out (zip-slip)', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: '../corp.json' })])],
    ['an entry in a folder', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: 'data/corp.json' })])],
    ['a name that goes on behind NUL', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: 'corp.json\0' })])],
    ['both names', 'ARCHIVE_ENTRY_AMBIGUOUS', () => buildZip([corp(), corp({ name: 'dd_corp.json' })])],
    ['one name twice', 'ARCHIVE_ENTRY_AMBIGUOUS', () => buildZip([corp(), corp()])],
    ['an entry in clear', 'ARCHIVE_NOT_ENCRYPTED', () => buildZip([corp({ encryption: 'none' })])],
    ['ZipCrypto', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ encryption: 'zipCrypto' })])],
    ['AES-128', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ strength: 1 })])],
    ['Deflate64', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ method: 9 })])],
    ['an unknown compression', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ method: 95 })])],
    ['another password', 'ARCHIVE_PASSWORD', () => buildZip([corp()], 'another')],
    [
      'a wrong password that passes the two-byte check',
      'ARCHIVE_AUTHENTICATION',
      () => letPass(buildZip([corp()], 'another'), PASSWORD),
    ],
    ['a wrong CRC of AE-1', 'ARCHIVE_DAMAGED', () => buildZip([corp({ encryption: 'AE-1', crc: 1 })])],
    [
      'bytes behind the end of the Deflate stream',
      'ARCHIVE_DAMAGED',
      () => buildZip([corp({ packed: Buffer.concat([deflateRawSync(CONTENT), Buffer.from('more')]) })]),
    ],
    [
      'a deflated entry that is called stored',
      'ARCHIVE_DAMAGED',
      () => buildZip([corp({ method: 0, packed: deflateRawSync(CONTENT) })]),
    ],
    ['an entry longer than it declares', 'ARCHIVE_DAMAGED', () => buildZip([corp({ declaredBytes: 5 })])],
    ['an entry shorter than it declares', 'ARCHIVE_DAMAGED', () => buildZip([corp({ declaredBytes: 500 })])],
    [
      'entries that share their bytes',
      'ARCHIVE_DAMAGED',
      () => buildZip([corp({ name: 'a' }), corp({ localOffset: 0, name: 'corp.json' })]),
    ],
    ['a bomb that says so', 'ARCHIVE_LIMITS', () => buildZip([corp({ content: zeros })])],
    ['a bomb that says it has 2 GB', 'ARCHIVE_LIMITS', () => buildZip([corp({ declaredBytes: 2 ** 31 })])],
    [
      'a bomb that says it is small',
      'ARCHIVE_DAMAGED',
      () => buildZip([corp({ content: zeros, declaredBytes: 1_000 })]),
    ],
    [
      'a bomb that says it has as much as the ratio allows',
      'ARCHIVE_LIMITS',
      () => {
        const block = deflateRawSync(Buffer.alloc(1_048_576), { finishFlush: constants.Z_FULL_FLUSH });
        const packed = Buffer.concat(Array.from({ length: 400 }, () => block));
        return buildZip([corp({ packed, declaredBytes: 99 * packed.length })]);
      },
    ],
    [
      '65 entries',
      'ARCHIVE_LIMITS',
      () => buildZip([...Array(65)].map((_, at) => corp({ name: `${at}`, encryption: 'none' }))),
    ],
    [
      'a directory of 2 MB',
      'ARCHIVE_LIMITS',
      () => buildZip([...Array(33)].map((_, at) => corp({ name: `${at}`.padEnd(65_000, 'x'), encryption: 'none' }))),
    ],
  ])('%s', async (_, code, archive) => {
    expect(await codeOf(read(archive()))).toBe(code);
  });

  it('without naming the password', async () => {
    const refused = await read(buildZip([corp()], 'another')).catch((error: unknown) => error);
    expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain(PASSWORD);
  });
});

describe('openArchive leaves alone', () => {
  it('errors of the file system, which are not the archive’s fault', async () => {
    const missing = openArchive({ file: '/nowhere/archive.zip', password: PASSWORD, limits: LIMITS });
    await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('the reason of an abort', async () => {
    await using spooled = await spool(buildZip([corp({ content: Buffer.alloc(3_000_000), method: 0 })]));
    await using opened = await openArchive({ file: spooled.file, password: PASSWORD, limits: LIMITS });
    const abort = new AbortController();
    const reading = async () => {
      for await (const _ of opened.stream(abort.signal)) abort.abort(new Error('shutting down'));
    };
    await expect(reading()).rejects.toThrow('shutting down');
  });
});
