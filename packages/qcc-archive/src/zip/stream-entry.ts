import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { ArchiveError } from '../errors.ts';
import { type Ciphertext, readFully } from './authenticate-entry.ts';
import { createWinZipCipher } from './winzip-cipher.ts';

export type ArchiveLimits = {
  /** Largest plaintext of the entry. */
  entryMaxBytes: number;
  /** Largest plaintext bytes per compressed byte, declared and real; records come to about 10, a bomb to 1,000. Default 100. */
  maxRatio?: number;
  /** Default 64. */
  maxEntries?: number;
};

/** Size of the pieces to inflate. A piece of a bomb expands a thousand times before the result can be checked. */
const READ_BYTES = 65_536;
const CHUNK_BYTES = 262_144;
/** Below it no expansion matters. */
const RATIO_FROM_BYTES = 16_777_216;

export type EntryStream = {
  file: FileHandle;
  ciphertext: Ciphertext;
  isDeflated: boolean;
  /** Length of the plaintext as the archive declares it. */
  declaredBytes: number;
  /** Of the plaintext; null where the archive has none. */
  crc32: number | null;
  limits: ArchiveLimits;
  /** Told how many bytes of the file were read. */
  onRead(bytes: number): void;
  signal?: AbortSignal;
};

/**
 * Decrypts and inflates an authenticated entry. Both use native code, and inflating runs in another thread. zip.js takes four times
 * the processor time, in the thread that reads.
 * @returns the plaintext in chunks of up to 256 KiB that stay valid.
 * @throws ArchiveError; the reason of `signal`; errors of the file system as they are.
 */
export async function* streamEntry(entry: EntryStream): AsyncGenerator<Buffer, void, undefined> {
  const { declaredBytes, limits, signal } = entry;
  if (!entry.isDeflated && entry.ciphertext.bytes !== declaredBytes) throw notAsDeclared();
  let packed = 0;
  const packedPieces = readPieces(entry, (bytes) => {
    packed += bytes;
    entry.onRead(bytes);
  });
  let plain = 0;
  let checksum = 0;
  try {
    for await (const chunk of entry.isDeflated ? inflate(packedPieces, entry.ciphertext.bytes) : packedPieces) {
      signal?.throwIfAborted();
      plain += chunk.length;
      if (plain > declaredBytes) throw notAsDeclared();
      // This detects a bomb that declares only as much as the ratio allows long before it has expanded to that size.
      checkRatio({ plain, packed }, limits);
      if (entry.crc32 !== null) checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    throw isOfDeflate(error)
      ? new ArchiveError('ARCHIVE_DAMAGED', 'the entry is no proper Deflate stream', { cause: error })
      : error;
  }
  if (plain < declaredBytes) throw notAsDeclared();
  if (entry.crc32 !== null && checksum !== entry.crc32)
    throw new ArchiveError('ARCHIVE_DAMAGED', 'the checksum of the entry does not fit');
}

/** @throws ArchiveError ARCHIVE_LIMITS */
export function checkRatio(
  { plain, packed }: { plain: number; packed: number },
  { maxRatio = 100 }: ArchiveLimits,
): void {
  if (plain > RATIO_FROM_BYTES && plain > maxRatio * Math.max(1, packed))
    throw new ArchiveError('ARCHIVE_LIMITS', `the entry expands more than ${maxRatio} times`);
}

async function* readPieces(
  { file, ciphertext, signal }: EntryStream,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const decrypt = createWinZipCipher(ciphertext.key);
  const end = ciphertext.offset + ciphertext.bytes;
  for (let offset = ciphertext.offset; offset < end; offset += READ_BYTES) {
    signal?.throwIfAborted();
    const bytes = Math.min(READ_BYTES, end - offset);
    const piece = await readFully(file, Buffer.from(new ArrayBuffer(bytes)), offset);
    onRead(bytes);
    decrypt(piece);
    yield piece;
  }
}

async function* inflate(packed: AsyncIterable<Buffer>, packedBytes: number): AsyncGenerator<Buffer, void, undefined> {
  const source = Readable.from(packed, { objectMode: false, highWaterMark: READ_BYTES });
  const inflater = createInflateRaw({ chunkSize: CHUNK_BYTES });
  source.on('error', (error) => inflater.destroy(error));
  source.pipe(inflater);
  try {
    yield* inflater;
    if (inflater.bytesWritten < packedBytes)
      throw new ArchiveError('ARCHIVE_DAMAGED', 'something stands behind the end of the Deflate stream');
  } finally {
    source.destroy();
    inflater.destroy();
  }
}

const notAsDeclared = (): ArchiveError =>
  new ArchiveError('ARCHIVE_DAMAGED', 'the entry is not as long as it declares');

/** What zlib says of its input: `Z_DATA_ERROR`, and `Z_BUF_ERROR` where it is cut off. */
const isOfDeflate = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
