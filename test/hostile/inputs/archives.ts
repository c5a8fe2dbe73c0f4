import { crc32, deflateRawSync } from 'node:zlib';
import {
  buildZip,
  DOCUMENT,
  endOfDirectory,
  fields,
  letPass,
  PASSWORD,
  type TestEntry,
} from 'qcc-archive/testing/archives';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import { repeatDeflated } from './bombs.ts';

/** An archive and what must become of it: a dead letter of that reason, or exactly the document's records. */
export type ArchiveCase = { name: string; becomes: DeadLetterReason | 'read'; build: () => Buffer };

export const TEXT = JSON.stringify(DOCUMENT);
const corp = (entry: Partial<TestEntry> = {}): TestEntry => ({ name: 'corp.json', content: TEXT, ...entry });
const other = (entry: Partial<TestEntry> = {}): TestEntry => ({
  name: 'readme.txt',
  content: 'x',
  encryption: 'none',
  ...entry,
});

const END_BYTES = 22;
/** Changes fields of the directory's end: offset from its beginning, width, value. */
function patchEnd(archive: Buffer, ...patches: [at: number, bytes: number, value: number][]): Buffer {
  const patched = Buffer.from(archive);
  for (const [at, bytes, value] of patches) patched.writeUIntLE(value, patched.length - END_BYTES + at, bytes);
  return patched;
}

/** The same archive with a directory's end of zip64, whose fields may lie. */
function withEnd64(
  archive: Buffer,
  lies: { entries?: number; bytes?: number; offset?: number; at?: number } = {},
): Buffer {
  const end = archive.subarray(-END_BYTES);
  const body = archive.subarray(0, -END_BYTES);
  const { entries = end.readUInt16LE(10), bytes = end.readUInt32LE(12), offset = end.readUInt32LE(16) } = lies;
  return Buffer.concat([
    body,
    fields(
      [4, 0x06064b50],
      [8, 44],
      [2, 45],
      [2, 45],
      [4, 0],
      [4, 0],
      [8, entries],
      [8, entries],
      [8, bytes],
      [8, offset],
    ),
    fields([4, 0x07064b50], [4, 0], [8, lies.at ?? body.length], [4, 1]),
    patchEnd(endOfDirectory(0, 0, 0), [8, 2, 0xffff], [10, 2, 0xffff], [12, 4, 0xffffffff], [16, 4, 0xffffffff]),
  ]);
}

/** Info-ZIP's extra field that gives an entry another name than its header. */
const unicodePath = (headerName: string, name: string): Buffer => {
  const bytes = Buffer.from(name);
  return Buffer.concat([fields([2, 0x7075], [2, 5 + bytes.length], [1, 1], [4, crc32(headerName)]), bytes]);
};

/** An archive of a given entry whose directory names others at the same place. */
const overlapping = (names: string[]): Buffer =>
  buildZip([corp(), ...names.map((name) => corp({ name, localOffset: 0 }))]);

const zipInZip = (levels: number): Buffer => {
  let archive = buildZip([corp()]);
  for (let level = 0; level < levels; level++) archive = buildZip([corp({ content: archive })]);
  return archive;
};

const ANOTHER = 'aNotherPassword0123456';

/** What is valid, in every form that WinZip's format allows, and is read. */
const VALID: ArchiveCase[] = (
  [
    ['AE-2', {}],
    ['AE-1', { encryption: 'AE-1' }],
    ['stored, AE-2', { method: 0 }],
    ['stored, AE-1', { method: 0, encryption: 'AE-1' }],
    ['zip64 sizes', { zip64: true }],
    ['zip64 sizes, AE-1', { zip64: true, encryption: 'AE-1' }],
    ['a data descriptor', { dataDescriptor: true }],
    ['a data descriptor, AE-1', { dataDescriptor: true, encryption: 'AE-1' }],
    ['a data descriptor of zip64', { dataDescriptor: true, zip64: true }],
    ["the example's name", { name: 'dd_corp.json' }],
  ] as [string, Partial<TestEntry>][]
).map(([name, entry]) => ({ name, becomes: 'read', build: () => buildZip([corp(entry)]) }));

/** What must come of archives that are wrong, or odd, in one thing. */
export const ARCHIVE_CASES: readonly ArchiveCase[] = [
  ...VALID,
  ...(
    [
      ["a directory's end of zip64", 'read', () => withEnd64(buildZip([corp()]))],
      ['a program in front', 'read', () => Buffer.concat([Buffer.alloc(100, 'MZ'), buildZip([corp()])])],
      [
        'a comment behind',
        'read',
        () => Buffer.concat([patchEnd(buildZip([corp()]), [20, 2, 5]), Buffer.from('hello')]),
      ],

      ['nothing', 'ARCHIVE_NOT_ZIP', () => Buffer.alloc(0)],
      ['an error page', 'ARCHIVE_NOT_ZIP', () => Buffer.from('<html><h1>502 Bad Gateway</h1></html>')],
      ['another format (gzip)', 'ARCHIVE_NOT_ZIP', () => Buffer.from('1f8b0800000000000003', 'hex')],
      ['an empty archive', 'ARCHIVE_ENTRY_MISSING', () => buildZip([])],

      ['another password', 'ARCHIVE_PASSWORD', () => buildZip([corp()], ANOTHER)],
      [
        'a wrong password past the two-byte check, AE-2',
        'ARCHIVE_AUTHENTICATION',
        () => letPass(buildZip([corp()], ANOTHER), PASSWORD),
      ],
      [
        'a wrong password past the two-byte check, AE-1',
        'ARCHIVE_AUTHENTICATION',
        () => letPass(buildZip([corp({ encryption: 'AE-1' })], ANOTHER), PASSWORD),
      ],
      [
        'a wrong password past the two-byte check, stored',
        'ARCHIVE_AUTHENTICATION',
        () => letPass(buildZip([corp({ method: 0 })], ANOTHER), PASSWORD),
      ],
      ['a wrong CRC of AE-1', 'ARCHIVE_DAMAGED', () => buildZip([corp({ encryption: 'AE-1', crc: 1 })])],
      ['no encryption', 'ARCHIVE_NOT_ENCRYPTED', () => buildZip([corp({ encryption: 'none' })])],
      [
        'no encryption beside an encrypted entry of another name',
        'ARCHIVE_NOT_ENCRYPTED',
        () => buildZip([corp({ encryption: 'none' }), corp({ name: 'corp2.json' })]),
      ],
      ['ZipCrypto', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ encryption: 'zipCrypto' })])],
      ['AES-128', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ strength: 1 })])],
      ['AES-192', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ strength: 2 })])],
      ['Deflate64', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ method: 9 })])],
      ['LZMA', 'ARCHIVE_UNSUPPORTED', () => buildZip([corp({ method: 14 })])],

      ['a name that climbs out', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: '../corp.json' })])],
      ['an absolute name', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: '/corp.json' })])],
      ['a name with a drive', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: 'C:corp.json' })])],
      ['a name with backslashes', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: '..\\corp.json' })])],
      ['a name with NUL', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: 'corp.json\0.txt' })])],
      ['a name in capitals', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: 'CORP.JSON' })])],
      ['a name with a blank', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: 'corp.json ' })])],
      [
        'a name that is no UTF-8',
        'ARCHIVE_ENTRY_MISSING',
        () => buildZip([corp({ name: Buffer.from('ff636f7270', 'hex') })]),
      ],
      ['an empty name', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: '' })])],
      [
        'such names beside the entry',
        'read',
        () =>
          buildZip([
            ...['../x', '/etc/passwd', 'C:\\x', '..\\x', 'corp.json\0', 'CORP.JSON', 'a/corp.json'].map((name) =>
              other({ name }),
            ),
            corp(),
          ]),
      ],
      ['a folder of the name', 'ARCHIVE_ENTRY_MISSING', () => buildZip([corp({ name: 'corp.json/' })])],
      ['the name twice', 'ARCHIVE_ENTRY_AMBIGUOUS', () => buildZip([corp(), corp()])],
      [
        'the name twice, once in clear',
        'ARCHIVE_ENTRY_AMBIGUOUS',
        () => buildZip([corp({ encryption: 'none' }), corp()]),
      ],
      ['both names', 'ARCHIVE_ENTRY_AMBIGUOUS', () => buildZip([corp(), corp({ name: 'dd_corp.json' })])],
      [
        'a second entry that another field calls so',
        'read',
        () => buildZip([other({ extra: unicodePath('readme.txt', 'corp.json') }), corp()]),
      ],

      ['a directory that declares fewer bytes', 'ARCHIVE_DAMAGED', () => buildZip([corp({ declaredBytes: 500 })])],
      ['a directory that declares more bytes', 'ARCHIVE_DAMAGED', () => buildZip([corp({ declaredBytes: 50_000 })])],
      ['a directory that declares no bytes', 'ARCHIVE_DAMAGED', () => buildZip([corp({ declaredBytes: 0 })])],
      ['a directory that declares 2 GB', 'ARCHIVE_LIMITS', () => buildZip([corp({ declaredBytes: 2 ** 31 })])],
      [
        'a directory that declares 2^53 bytes (zip64)',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ declaredBytes: 2 ** 53, zip64: true })]),
      ],
      [
        'a directory that declares 2^63 bytes (zip64)',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ declaredBytes: 2 ** 63, zip64: true })]),
      ],
      [
        'a directory that declares fewer compressed bytes',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ declaredPackedBytes: 300 })]),
      ],
      ['a directory that declares one compressed byte more', 'ARCHIVE_DAMAGED', () => withPackedLie(1)],
      [
        'a directory that declares no compressed bytes',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ declaredPackedBytes: 0 })]),
      ],
      [
        'a directory that declares compressed bytes past the file',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ declaredPackedBytes: 100_000 })]),
      ],
      [
        'an own header that declares fewer bytes',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ local: { declaredBytes: 5 } })]),
      ],
      [
        'an own header that declares 4 GB',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ local: { declaredBytes: 0xfffffffe } })]),
      ],
      [
        'an own header that declares fewer compressed bytes',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ local: { declaredPackedBytes: 5 } })]),
      ],
      [
        'an own header that declares more compressed bytes',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ local: { declaredPackedBytes: 50_000 } })]),
      ],
      [
        'both headers that declare fewer bytes',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ declaredBytes: 5, local: { declaredBytes: 5 } })]),
      ],
      [
        'both headers that declare fewer compressed bytes',
        'ARCHIVE_AUTHENTICATION',
        () => buildZip([corp({ declaredPackedBytes: 300, local: { declaredPackedBytes: 300 } })]),
      ],
      ['an own header of another name', 'read', () => buildZip([corp({ local: { name: 'x.json' } })])],
      ['an own header in clear', 'ARCHIVE_DAMAGED', () => buildZip([corp({ local: { encryption: 'none' } })])],
      ['a stored entry called deflated', 'ARCHIVE_DAMAGED', () => buildZip([corp({ packed: Buffer.from(TEXT) })])],
      [
        'a deflated entry called stored',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ method: 0, packed: deflateRawSync(TEXT) })]),
      ],
      [
        'a deflated entry called stored, of fitting size',
        'ARCHIVE_JSON_DAMAGED',
        () => buildZip([corp({ method: 0, packed: deflateRawSync(TEXT), declaredBytes: deflateRawSync(TEXT).length })]),
      ],
      [
        'a deflated stream that ends early',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ packed: deflateRawSync(TEXT).subarray(0, -20) })]),
      ],
      [
        'bytes behind the deflated stream',
        'ARCHIVE_DAMAGED',
        () => buildZip([corp({ packed: Buffer.concat([deflateRawSync(TEXT), Buffer.alloc(50, 7)]) })]),
      ],

      [
        'an end that counts no entry',
        'ARCHIVE_ENTRY_MISSING',
        () => patchEnd(buildZip([corp()]), [8, 2, 0], [10, 2, 0]),
      ],
      [
        'an end that counts one entry more',
        'ARCHIVE_DAMAGED',
        () => patchEnd(buildZip([corp()]), [8, 2, 2], [10, 2, 2]),
      ],
      [
        'an end that counts 65,534 entries',
        'ARCHIVE_DAMAGED',
        () => patchEnd(buildZip([corp()]), [8, 2, 65_534], [10, 2, 65_534]),
      ],
      ['an end whose directory is 4 GB', 'read', () => patchEnd(buildZip([corp()]), [12, 4, 0xfffffffe])],
      ['an end whose directory lies past the file', 'read', () => patchEnd(buildZip([corp()]), [16, 4, 0xfffffffe])],
      ['an end whose comment is longer than the file', 'read', () => patchEnd(buildZip([corp()]), [20, 2, 500])],
      [
        'a zip64 end that counts 2^40 entries',
        'ARCHIVE_DAMAGED',
        () => withEnd64(buildZip([corp()]), { entries: 2 ** 40 }),
      ],
      ['a zip64 end whose directory is 2^40 bytes', 'read', () => withEnd64(buildZip([corp()]), { bytes: 2 ** 40 })],
      [
        'a zip64 end whose directory lies at 2^60',
        'ARCHIVE_DAMAGED',
        () => withEnd64(buildZip([corp()]), { offset: 2 ** 60 }),
      ],
      ['a zip64 end that is not there', 'ARCHIVE_DAMAGED', () => withEnd64(buildZip([corp()]), { at: 5 })],
      ['one part of several', 'ARCHIVE_UNSUPPORTED', () => patchEnd(buildZip([corp()]), [4, 2, 3], [6, 2, 2])],
      [
        'a directory of 2 MB',
        'ARCHIVE_LIMITS',
        () => buildZip(Array.from({ length: 33 }, (_, at) => other({ name: `${at}`.padEnd(65_000, 'x') }))),
      ],
      [
        '65 entries',
        'ARCHIVE_LIMITS',
        () => buildZip([...Array.from({ length: 64 }, (_, at) => other({ name: `${at}` })), corp()]),
      ],

      ['an entry that another name shares', 'ARCHIVE_DAMAGED', () => overlapping(['a'])],
      [
        'an entry that 40 names share',
        'ARCHIVE_DAMAGED',
        () => overlapping(Array.from({ length: 40 }, (_, at) => `${at}`)),
      ],
      [
        'an entry that 250 names share',
        'ARCHIVE_LIMITS',
        () => overlapping(Array.from({ length: 250 }, (_, at) => `${at}`)),
      ],
      [
        'other entries that share their bytes',
        'ARCHIVE_DAMAGED',
        () => buildZip([other({ name: 'a' }), other({ name: 'b', localOffset: 0 }), corp()]),
      ],
      ['an entry inside the data of another', 'ARCHIVE_DAMAGED', () => quotedOverlap()],
      ['an entry that is an archive', 'ARCHIVE_JSON_DAMAGED', () => zipInZip(1)],
      ['ten archives in one another', 'ARCHIVE_JSON_DAMAGED', () => zipInZip(10)],
      [
        'a bomb beside the entry, which nobody opens',
        'read',
        () =>
          buildZip([
            other({ packed: repeatDeflated({ filler: '\0', bytes: 2 ** 27 }), declaredBytes: 2 ** 27 }),
            corp(),
          ]),
      ],
    ] as [string, ArchiveCase['becomes'], () => Buffer][]
  ).map(([name, becomes, build]): ArchiveCase => ({ name, becomes, build })),
];

function withPackedLie(more: number): Buffer {
  const dataBytes = buildZip([corp()]).readUInt32LE(18);
  return buildZip([corp({ declaredPackedBytes: dataBytes + more })]);
}

/** The directory names a second header that lies inside the first entry's stored data. */
function quotedOverlap(): Buffer {
  const inner = buildZip([corp()]);
  return buildZip([other({ name: 'outer', content: inner, method: 0 }), corp({ localOffset: 30 + 'outer'.length })]);
}

/** Small archives whose every byte is changed and whose every length is tried. */
export const SMALL_ARCHIVES: readonly ArchiveCase[] = VALID.filter(({ name }) =>
  ['AE-2', 'AE-1', 'stored, AE-2', 'zip64 sizes', 'a data descriptor', 'a data descriptor, AE-1'].includes(name),
);
