import { type FileHandle, open } from 'node:fs/promises';
import * as zip from '@zip.js/zip.js';
import { ArchiveError, type ArchiveErrorCode } from '../errors.ts';
import { AES_256_OVERHEAD_BYTES, authenticateEntry } from './authenticate-entry.ts';
import { type ArchiveLimits, checkRatio, streamEntry } from './stream-entry.ts';

/** The document's names for the one entry: its table (6.2.6) and its example. */
const ENTRY_NAMES: readonly string[] = ['corp.json', 'dd_corp.json'];

const AES_256_STRENGTH = 3;
const AE_1 = 1;
const STORED = 0;
const DEFLATED = 8;
/** A directory of 64 entries is far smaller; zip.js reads it whole, whatever size the archive claims. */
const READ_MAX_BYTES = 1_048_576;
const REPORTED_NAME_MAX_CHARS = 255;

export type OpenArchive = AsyncDisposable & {
  entryName: string;
  /** Length of the plaintext as the archive declares it; the stream holds exactly as many bytes or fails. */
  declaredBytes: number;
  /** Names of whatever else the archive holds: to be reported. They are text, never paths. */
  otherEntries: string[];
  /**
   * The plaintext in chunks of up to 256 KiB that stay valid; may be called again, one stream after the other. The ciphertext
   * was authenticated when the archive was opened, but sizes and checksums are verified only at the end: read to the end before you
   * trust anything.
   * @throws ArchiveError; the reason of `signal`; errors of the file system as they are.
   */
  stream(signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Bytes of the file that all streams together have read so far, a little ahead of the plaintext that they have returned. */
  packedBytesRead(): number;
};

/**
 * Opens an encrypted archive (document 6.2.6: zip, AES-256, Deflate) and authenticates its one entry, reading the file
 * piece by piece. AE-1 and AE-2, Deflate or stored, zip64 and data descriptors are read.
 * @throws ArchiveError where the archive or its password is at fault; errors of the file system as they are.
 */
export async function openArchive(input: {
  file: string;
  password: string;
  limits: ArchiveLimits;
  signal?: AbortSignal;
}): Promise<OpenArchive> {
  const { password, limits, signal } = input;
  await using resources = new AsyncDisposableStack();
  const file = resources.use(await open(input.file));
  const { size } = await file.stat();
  try {
    const reader = new FileReader(file, size);
    const entries = await listEntries(reader, password, limits.maxEntries ?? 64);
    const { entry, otherEntries } = pickEntry(entries);
    checkEntry(entry, limits);
    // In a zip bomb, an entry may lie inside the data of another: every pair is checked. The check also finds where data begins.
    for (const each of entries.filter(isFile)) await each.getData(nowhere(), { checkOverlappingEntryOnly: true });
    const data = { offset: entry.localDirectory!.dataOffset, bytes: entry.compressedSize };
    const ciphertext = await authenticateEntry(file, data, password, signal);
    let packedBytesRead = 0;
    const opened = resources.move();
    return {
      entryName: entry.filename,
      declaredBytes: entry.uncompressedSize,
      otherEntries,
      stream: (streamSignal) =>
        streamEntry({
          file,
          ciphertext,
          isDeflated: entry.compressionMethod === DEFLATED,
          declaredBytes: entry.uncompressedSize,
          // AE-2 has none: the authentication code is better.
          crc32: entry.extraFieldAES?.vendorVersion === AE_1 ? (entry.signature ?? null) : null,
          limits,
          onRead: (bytes) => {
            packedBytesRead += bytes;
          },
          ...(streamSignal && { signal: streamSignal }),
        }),
      packedBytesRead: () => packedBytesRead,
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  } catch (error) {
    const failure = translate(error, signal);
    throw failure instanceof ArchiveError && failure.code === 'ARCHIVE_NOT_ZIP' && (await beginsAsZip(file))
      ? new ArchiveError('ARCHIVE_DAMAGED', 'the zip is cut off: its directory is not there', { cause: error })
      : failure;
  }
}

/** The first bytes of an entry, and so of any zip that is not empty and has nothing before its first entry. */
const LOCAL_HEADER_SIGNATURE = Buffer.from('PK\u0003\u0004');

async function beginsAsZip(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LOCAL_HEADER_SIGNATURE.length), 0, undefined, 0);
  return bytesRead === LOCAL_HEADER_SIGNATURE.length && buffer.equals(LOCAL_HEADER_SIGNATURE);
}

class FileReader extends zip.Reader<FileHandle> {
  readonly #file: FileHandle;
  constructor(file: FileHandle, size: number) {
    super(file);
    this.#file = file;
    this.size = size;
  }
  override async readUint8Array(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (wanted > READ_MAX_BYTES)
      throw new ArchiveError(
        'ARCHIVE_LIMITS',
        `the archive's directory has ${wanted} bytes, more than ${READ_MAX_BYTES}`,
      );
    const buffer = new Uint8Array(wanted);
    for (let filled = 0; filled < wanted; ) {
      const { bytesRead } = await this.#file.read(buffer, filled, wanted - filled, offset + filled);
      if (bytesRead === 0) return buffer.subarray(0, filled);
      filled += bytesRead;
    }
    return buffer;
  }
}

async function listEntries(reader: FileReader, password: string, maxEntries: number): Promise<zip.Entry[]> {
  const zipReader = new zip.ZipReader(reader, {
    password,
    useWebWorkers: false,
    // Names are compared and reported, never used as paths: a strange one harms nothing.
    filenameValidation: 'tolerant',
  });
  const entries: zip.Entry[] = [];
  for await (const entry of zipReader.getEntriesGenerator()) {
    if (entries.length === maxEntries)
      throw new ArchiveError('ARCHIVE_LIMITS', `the archive holds more than ${maxEntries} entries`);
    entries.push(entry);
  }
  return entries;
}

const isFile = (entry: zip.Entry): entry is zip.FileEntry => !entry.directory;

function pickEntry(entries: zip.Entry[]): { entry: zip.FileEntry; otherEntries: string[] } {
  const [entry, second] = entries.filter(isFile).filter(({ filename }) => ENTRY_NAMES.includes(filename));
  if (!entry)
    throw new ArchiveError(
      'ARCHIVE_ENTRY_MISSING',
      `the archive holds neither ${ENTRY_NAMES.join(' nor ')}, but ${entries.length} other entries`,
    );
  if (second)
    throw new ArchiveError(
      'ARCHIVE_ENTRY_AMBIGUOUS',
      `the archive holds both ${entry.filename} and ${second.filename}: which one counts cannot be told`,
    );
  const otherEntries = entries
    .filter((other) => other !== entry)
    .map(({ filename }) => filename.slice(0, REPORTED_NAME_MAX_CHARS).toWellFormed());
  return { entry, otherEntries };
}

function checkEntry(entry: zip.FileEntry, limits: ArchiveLimits): void {
  const { filename, compressedSize, uncompressedSize, compressionMethod } = entry;
  if (!entry.encrypted) throw new ArchiveError('ARCHIVE_NOT_ENCRYPTED', `${filename} is not encrypted`);
  if (entry.extraFieldAES?.strength !== AES_256_STRENGTH)
    throw new ArchiveError('ARCHIVE_UNSUPPORTED', `${filename} is not encrypted with AES-256`);
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED)
    throw new ArchiveError('ARCHIVE_UNSUPPORTED', `${filename} uses compression method ${compressionMethod}`);
  if (uncompressedSize > limits.entryMaxBytes)
    throw new ArchiveError(
      'ARCHIVE_LIMITS',
      `${filename} has ${uncompressedSize} bytes, more than ${limits.entryMaxBytes}`,
    );
  checkRatio({ plain: uncompressedSize, packed: compressedSize - AES_256_OVERHEAD_BYTES }, limits);
}

const nowhere = (): WritableStream => new WritableStream();

const ZIP_ERRORS: Readonly<Record<string, [ArchiveErrorCode, string]>> = {
  [zip.ERR_BAD_FORMAT]: ['ARCHIVE_NOT_ZIP', 'the file is no zip'],
  [zip.ERR_EOCDR_NOT_FOUND]: ['ARCHIVE_NOT_ZIP', 'the file is no zip'],
  [zip.ERR_SPLIT_ZIP_FILE]: ['ARCHIVE_UNSUPPORTED', 'the zip is one part of several'],
  [zip.ERR_ENCRYPTED_CENTRAL_DIRECTORY]: ['ARCHIVE_UNSUPPORTED', "the zip's directory is encrypted"],
  [zip.ERR_UNSUPPORTED_ENCRYPTION]: ['ARCHIVE_UNSUPPORTED', 'an entry is encrypted in an unknown way'],
  [zip.ERR_UNSUPPORTED_COMPRESSION]: ['ARCHIVE_UNSUPPORTED', 'an entry is compressed in an unknown way'],
  [zip.ERR_OVERLAPPING_ENTRY]: ['ARCHIVE_DAMAGED', 'entries overlap, as in a bomb'],
};

/**
 * Errors of zip.js that are not listed mean that the archive is damaged (also RangeError and TypeError of its parsing).
 * Errors of the system (with `syscall`) are not the archive's fault.
 */
function translate(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (!(error instanceof Error) || error instanceof ArchiveError) return error;
  if ('syscall' in error) return error;
  const [code, message] = ZIP_ERRORS[error.message] ?? ['ARCHIVE_DAMAGED', "the zip's structure is damaged"];
  return new ArchiveError(code, message, { cause: error });
}
