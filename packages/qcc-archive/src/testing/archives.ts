import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

/**
 * Archives for tests, byte by byte, so that they can be wrong in every way: WinZip AES (AE-1, AE-2), plain and ZipCrypto
 * (flagged only) entries, zip64, data descriptors, sizes that lie.
 */
export type TestEntry = {
  name: string | Buffer;
  content: Buffer | string;
  /** Default AE-2. */
  encryption?: 'AE-1' | 'AE-2' | 'zipCrypto' | 'none';
  /** Of 16 bytes; a fixed one otherwise. */
  salt?: Buffer<ArrayBuffer>;
  /** 3 is AES-256, the default. */
  strength?: 1 | 2 | 3;
  /** 0 stored, 8 deflated (default); another number is written as it is, over deflated data. */
  method?: number;
  zip64?: boolean;
  dataDescriptor?: boolean;
  declaredBytes?: number;
  /** Offset of the local header that the directory names, instead of the entry's own. */
  localOffset?: number;
  /** CRC that AE-1 stores, instead of the content's own. */
  crc?: number;
  /** Compressed data as they are, instead of the deflated content. */
  packed?: Buffer;
  /** Compressed size that the directory names, instead of the data's own. */
  declaredPackedBytes?: number;
  /** More extra fields, in both headers. */
  extra?: Buffer;
  /** What the entry's own header says otherwise than the directory. */
  local?: Partial<Pick<TestEntry, 'name' | 'method' | 'declaredBytes' | 'declaredPackedBytes' | 'encryption'>>;
};

export const DOCUMENT = {
  pushDate: '2021-03-16 18:52:26',
  totalSize: 2,
  result: [
    {
      id: '102777af7976388cc5b483c112ead195c',
      corpKeyNo: '3df235496db8f77a967151c1c74bdd44',
      corpName: '吴江吉吉纺织有限公司',
      type: '1',
      typeName: '吊销或注销',
      category: '1',
      categoryName: '高风险信息',
      changeExtend: '{"date":"2020-12-03"}',
      changeContent: '已吊销',
      changeDate: '2021-03-13',
      checkId: '',
      creditCode: '',
      regNo: '',
    },
    {
      id: '10d5ade9af17c2140a625c91a3c7d2f21',
      corpKeyNo: '20fca223f172c505e32b6954d0642079',
      corpName: '深圳中海合润十五号投资企业(有限合伙)',
      type: '2',
      typeName: '经营异常',
      category: '1',
      categoryName: '高风险信息',
      changeContent: '被列入经营异常',
      changeExtend: '{"date":"2020-12-03"}',
      changeDate: '2021-03-13',
      checkId: '47AA266A29ADD663D7081547F05F810A',
      creditCode: '9144030031940738XA',
      regNo: '440303602422222',
    },
  ],
};

export const PASSWORD = 'dSmskQOatpyQg7UkU6fi';
const SALTS = { 1: 8, 2: 12, 3: 16 } as const;
const MAX_32 = 0xffffffff;

export function buildZip(entries: TestEntry[], password = PASSWORD): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = buildEntry(entry, entry.localOffset ?? offset, password);
    locals.push(local);
    directory.push(central);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...locals, central, endOfDirectory(entries.length, central.length, offset)]);
}

/** Writes an archive into a folder of its own, which disposing removes. */
export async function spool(archive: Buffer): Promise<AsyncDisposable & { file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'));
  const file = join(folder, 'archive.zip');
  await writeFile(file, archive);
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** Makes a wrong password pass the two-byte check of the first entry, as one in 65,536 does by chance. */
export function letPass(archive: Buffer, wrongPassword: string): Buffer {
  const dataOffset = 30 + archive.readUInt16LE(26) + archive.readUInt16LE(28);
  const salt = archive.subarray(dataOffset, dataOffset + SALTS[3]);
  const patched = Buffer.from(archive);
  patched.set(pbkdf2Sync(wrongPassword, salt, 1_000, 66, 'sha1').subarray(64), dataOffset + SALTS[3]);
  return patched;
}

/** Salt, password check, ciphertext, code; AES in counter mode with a little-endian counter that starts at 1. */
export function encryptAes(
  plain: Buffer,
  password: string,
  strength: 1 | 2 | 3,
  salt = Buffer.alloc(SALTS[strength], 7),
) {
  const keyBytes = SALTS[strength] * 2;
  const keys = pbkdf2Sync(password, salt, 1_000, 2 * keyBytes + 2, 'sha1');
  const counters = Buffer.alloc(Math.ceil(plain.length / 16) * 16);
  for (let block = 0; block * 16 < counters.length; block++) counters.writeUInt32LE(block + 1, block * 16);
  const cipher = createCipheriv(`aes-${keyBytes * 8}-ecb`, keys.subarray(0, keyBytes), null).setAutoPadding(false);
  const stream = Buffer.concat([cipher.update(counters), cipher.final()]);
  const ciphertext = Buffer.from(plain.map((byte, at) => byte ^ stream[at]!));
  const code = createHmac('sha1', keys.subarray(keyBytes, 2 * keyBytes))
    .update(ciphertext)
    .digest()
    .subarray(0, 10);
  return Buffer.concat([salt, keys.subarray(2 * keyBytes), ciphertext, code]);
}

function buildEntry(entry: TestEntry, localOffset: number, password: string): { local: Buffer; central: Buffer } {
  const { encryption = 'AE-2', strength = 3, method = 8, zip64 = false, dataDescriptor = false } = entry;
  const content = Buffer.from(entry.content);
  const packed = entry.packed ?? (method === 0 ? content : deflateRawSync(content));
  const data = isAes(encryption) ? encryptAes(packed, password, strength, entry.salt) : packed;
  const crc = encryption === 'AE-2' ? 0 : (entry.crc ?? crc32(content));
  const header = { ...entry, encryption, method, crc, zip64, declaredBytes: entry.declaredBytes ?? content.length };
  const own = buildHeader({ ...header, declaredPackedBytes: data.length, ...entry.local }, dataDescriptor);
  const listed = buildHeader({ ...header, declaredPackedBytes: entry.declaredPackedBytes ?? data.length }, false);
  const size = zip64 ? 8 : 4;
  const descriptor = dataDescriptor
    ? fields([4, 0x08074b50], [4, crc], [size, data.length], [size, header.declaredBytes])
    : Buffer.alloc(0);
  return {
    local: Buffer.concat([
      fields([4, 0x04034b50], ...own.shared, [2, own.extra.length]),
      own.name,
      own.extra,
      data,
      descriptor,
    ]),
    central: Buffer.concat([
      fields(
        [4, 0x02014b50],
        [2, 20],
        ...listed.shared,
        [2, listed.extra.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, localOffset],
      ),
      listed.name,
      listed.extra,
    ]),
  };
}

const isAes = (encryption: TestEntry['encryption']): boolean => encryption === 'AE-1' || encryption === 'AE-2';

type Header = Required<Pick<TestEntry, 'encryption' | 'method' | 'crc' | 'zip64'>> &
  Required<Pick<TestEntry, 'declaredBytes' | 'declaredPackedBytes'>> &
  Pick<TestEntry, 'name' | 'strength' | 'dataDescriptor' | 'extra'>;

/** The fields that an entry's own header and the directory share; blank where a data descriptor says them later. */
function buildHeader(header: Header, isBlank: boolean) {
  const { encryption, strength = 3, method, crc, zip64, declaredBytes, declaredPackedBytes } = header;
  const name = Buffer.from(header.name);
  const aes = isAes(encryption)
    ? fields([2, 0x9901], [2, 7], [2, encryption === 'AE-1' ? 1 : 2], [2, 0x4541], [1, strength], [2, method])
    : Buffer.alloc(0);
  const sizes = zip64 ? fields([2, 1], [2, 16], [8, declaredBytes], [8, declaredPackedBytes]) : Buffer.alloc(0);
  const shared: [number, number][] = [
    [2, zip64 ? 45 : 20],
    [2, (encryption === 'none' ? 0 : 1) | (header.dataDescriptor ? 8 : 0) | 0x800],
    [2, isAes(encryption) ? 99 : method],
    [4, 0x5a6c0000],
    [4, isBlank ? 0 : crc],
    [4, isBlank ? 0 : zip64 ? MAX_32 : declaredPackedBytes],
    [4, isBlank ? 0 : zip64 ? MAX_32 : declaredBytes],
    [2, name.length],
  ];
  return { name, shared, extra: Buffer.concat([sizes, aes, header.extra ?? Buffer.alloc(0)]) };
}

export const endOfDirectory = (entries: number, bytes: number, offset: number): Buffer =>
  fields([4, 0x06054b50], [2, 0], [2, 0], [2, entries], [2, entries], [4, bytes], [4, offset], [2, 0]);

/** Little-endian numbers, each as [bytes, value]. */
export function fields(...values: [number, number][]): Buffer {
  return Buffer.concat(
    values.map(([bytes, value]) => {
      const buffer = Buffer.alloc(bytes);
      if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value));
      else buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    }),
  );
}
