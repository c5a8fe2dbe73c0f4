import { createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ArchiveError } from '../errors.ts';

const SALT_BYTES = 16;
const KEY_BYTES = 32;
const CHECK_BYTES = 2;
const CODE_BYTES = 10;
const READ_BYTES = 262_144;

/** Of an entry whose authentication code fits. */
export type Ciphertext = { offset: number; bytes: number; key: Buffer };

/** What AES-256 adds to an entry's data. */
export const AES_256_OVERHEAD_BYTES = SALT_BYTES + CHECK_BYTES + CODE_BYTES;

/**
 * Checks an AES-256 entry's password and authentication code over the whole ciphertext (WinZip AE-1 and AE-2: PBKDF2
 * with 1,000 rounds, HMAC-SHA1 cut to ten bytes; https://www.winzip.com/en/support/aes-encryption/). zip.js checks the
 * code too, but only after it has returned the plaintext. If bytes were changed, inflating them would fail before the check, with
 * the wrong reason. This native check takes some 15 ms for 12 MB.
 * @returns where the ciphertext lies, and the key that opens it.
 * @param data where the entry's data lies in the file: salt, password check, ciphertext, code.
 * @throws ArchiveError ARCHIVE_PASSWORD, ARCHIVE_AUTHENTICATION or ARCHIVE_DAMAGED.
 */
export async function authenticateEntry(
  file: FileHandle,
  data: { offset: number; bytes: number },
  password: string,
  signal?: AbortSignal,
): Promise<Ciphertext> {
  if (data.bytes < AES_256_OVERHEAD_BYTES)
    throw new ArchiveError('ARCHIVE_DAMAGED', `the encrypted entry has ${data.bytes} bytes, too few for AES-256`);
  const head = await readFully(file, Buffer.alloc(SALT_BYTES + CHECK_BYTES), data.offset);
  const code = await readFully(file, Buffer.alloc(CODE_BYTES), data.offset + data.bytes - CODE_BYTES);
  const keys = await promisify(pbkdf2)(
    password,
    head.subarray(0, SALT_BYTES),
    1_000,
    2 * KEY_BYTES + CHECK_BYTES,
    'sha1',
  );
  if (!timingSafeEqual(keys.subarray(2 * KEY_BYTES), head.subarray(SALT_BYTES)))
    throw new ArchiveError('ARCHIVE_PASSWORD', 'the password does not open the archive');

  const hmac = createHmac('sha1', keys.subarray(KEY_BYTES, 2 * KEY_BYTES));
  const buffer = Buffer.alloc(Math.min(READ_BYTES, data.bytes));
  const end = data.offset + data.bytes - CODE_BYTES;
  for (let offset = data.offset + SALT_BYTES + CHECK_BYTES; offset < end; offset += READ_BYTES) {
    signal?.throwIfAborted();
    hmac.update(await readFully(file, buffer.subarray(0, Math.min(READ_BYTES, end - offset)), offset));
  }
  if (!timingSafeEqual(hmac.digest().subarray(0, CODE_BYTES), code))
    throw new ArchiveError(
      'ARCHIVE_AUTHENTICATION',
      'the authentication code does not fit: the archive was changed or damaged on its way, or the password is wrong',
    );
  const offset = data.offset + SALT_BYTES + CHECK_BYTES;
  return { offset, bytes: end - offset, key: keys.subarray(0, KEY_BYTES) };
}

/** @throws ArchiveError ARCHIVE_DAMAGED if the file ends earlier. */
export async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  for (let filled = 0; filled < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) throw new ArchiveError('ARCHIVE_DAMAGED', 'the archive ends inside its entry');
    filled += bytesRead;
  }
  return buffer;
}
