import { type Cipheriv, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import type { EncodedChange } from './encode-change.ts';
import type { RejectedElement } from './read-change.ts';

/** What was read of one element. */
export type SpooledElement = SpooledChange | RejectedElement;
export type SpooledChange = Pick<EncodedChange, 'unknownType' | 'unknownCategory'> & {
  kind: 'change';
  position: number;
  /** What `encodeChange` gave. */
  change: Buffer;
};

/** The elements of one archive, in the order of positions, in a file that only this process can read. */
export type ChangeFile = AsyncDisposable & {
  /**
   * Yields batches of up to a MiB, or one longer element. Buffers stay valid. Ending early closes the file. It may be called
   * again. @throws errors of the file system.
   */
  read(signal?: AbortSignal): AsyncGenerator<SpooledElement[], void, undefined>;
};

export type ChangeFileWriter = AsyncDisposable & {
  /** In the order of positions, none left out. */
  change(encoded: EncodedChange): void;
  rejected(rejected: RejectedElement): void;
  /** Writes the gathered elements to the file if there are enough of them to be worth a system call. To be called often. */
  flush(): Promise<void>;
  /** Resolves when all is in the file; the writer is closed then. Disposing the writer alone removes the file. */
  finish(): Promise<ChangeFile>;
};

/** Of each element: what it is, and the length of what follows. */
const HEADER_BYTES = 5;
const REJECTED = 1;
const UNKNOWN_TYPE = 2;
const UNKNOWN_CATEGORY = 4;
const READ_BYTES = 1_048_576;
const FLUSH_BYTES = 524_288;
const FIRST_BYTES = 1_048_576;
const ALGORITHM = 'aes-256-ctr';

/**
 * Keeps the elements as the one pass over an archive encoded them, so that publishing them does not decrypt, inflate, cut and parse
 * again. Records are encrypted wherever they are stored, also here: with a key that only this process has, and only in memory.
 */
export async function createChangeFile(file: string): Promise<ChangeFileWriter> {
  const key = randomBytes(32);
  const iv = randomBytes(16);
  const cipher = createCipheriv(ALGORITHM, key, iv);
  const handle = await open(file, 'wx', 0o600);
  const remove = async (): Promise<void> => {
    await handle.close();
    await rm(file, { force: true });
  };
  const gathered = createGathering();
  let isFinished = false;
  const flush = async (): Promise<void> => await writeAll(handle, gathered.take(cipher));
  return {
    change({ bytes, byteLength, unknownType, unknownCategory }) {
      gathered.add((unknownType ? UNKNOWN_TYPE : 0) | (unknownCategory ? UNKNOWN_CATEGORY : 0), bytes, byteLength);
    },
    rejected(rejected) {
      const bytes = serialize(rejected);
      gathered.add(REJECTED, bytes, bytes.length);
    },
    async flush() {
      if (gathered.bytes() >= FLUSH_BYTES) await flush();
    },
    async finish() {
      await flush();
      await handle.close();
      isFinished = true;
      return {
        read: (signal) => readSpooled(decrypted(file, { key, iv }, signal)),
        [Symbol.asyncDispose]: () => rm(file, { force: true }),
      };
    },
    [Symbol.asyncDispose]: async () => {
      if (!isFinished) await remove();
    },
  };
}

/** Elements that wait to be written, in one buffer. */
function createGathering() {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES);
  let end = 0;
  return {
    bytes: () => end,
    add(flags: number, content: Buffer, contentBytes: number): void {
      const needed = HEADER_BYTES + contentBytes;
      if (end + needed > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, end + needed));
        bytes.copy(larger, 0, 0, end);
        bytes = larger;
      }
      bytes[end] = flags;
      bytes.writeUInt32LE(contentBytes, end + 1);
      content.copy(bytes, end + HEADER_BYTES, 0, contentBytes);
      end += needed;
    },
    take(cipher: Cipheriv): Buffer {
      const taken = cipher.update(bytes.subarray(0, end));
      end = 0;
      if (bytes.length > FIRST_BYTES) bytes = Buffer.allocUnsafe(FIRST_BYTES);
      return taken;
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
}

async function* decrypted(
  file: string,
  { key, iv }: { key: Buffer; iv: Buffer },
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const decipher = createDecipheriv(ALGORITHM, key, iv);
  const pieces = createReadStream(file, { highWaterMark: READ_BYTES, ...(signal && { signal }) });
  for await (const piece of pieces as AsyncIterable<Buffer>) yield decipher.update(piece);
}

async function* readSpooled(pieces: AsyncIterable<Buffer>): AsyncGenerator<SpooledElement[], void, undefined> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  /** The bytes that the first element of the rest takes; only its header while that is cut off. */
  let needed = HEADER_BYTES;
  let position = 0;
  for await (const piece of pieces) {
    rest.push(piece);
    restBytes += piece.length;
    if (restBytes < needed) continue;
    const bytes = rest.length === 1 ? piece : Buffer.concat(rest);
    const elements: SpooledElement[] = [];
    let at = 0;
    needed = HEADER_BYTES;
    while (at + HEADER_BYTES <= bytes.length) {
      needed = HEADER_BYTES + bytes.readUInt32LE(at + 1);
      if (at + needed > bytes.length) break;
      elements.push(toElement(bytes[at]!, bytes.subarray(at + HEADER_BYTES, at + needed), position++));
      at += needed;
      needed = HEADER_BYTES;
    }
    rest = [bytes.subarray(at)];
    restBytes = bytes.length - at;
    if (elements.length > 0) yield elements;
  }
  if (restBytes > 0) throw new Error('the file of changes ends inside an element');
}

function toElement(flags: number, content: Buffer, position: number): SpooledElement {
  if (flags & REJECTED) return deserialize(content) as RejectedElement;
  return {
    kind: 'change',
    position,
    change: content,
    unknownType: (flags & UNKNOWN_TYPE) !== 0,
    unknownCategory: (flags & UNKNOWN_CATEGORY) !== 0,
  };
}
