import { randomBytes } from 'node:crypto';
import * as zip from '@zip.js/zip.js';
import { expect, test } from 'vitest';
import { PASSWORD, spool } from '../testing/archives.ts';
import { openArchive } from './open-archive.ts';
import { createWinZipCipher } from './winzip-cipher.ts';

/** With memory of its own, as pieces of a file have. */
const own = (bytes: Buffer): Buffer => Buffer.from(new Uint8Array(bytes).buffer);

test.each([1, 15, 16, 17, 4_099, 100_000])('%i bytes in pieces come out as in one, and back', (length) => {
  const key = Buffer.alloc(32, 7);
  const plain = Buffer.alloc(length, 'as it was ');
  const whole = own(plain);
  createWinZipCipher(key)(whole);
  const decrypt = createWinZipCipher(key);
  for (let at = 0; at < length; at += 4_096) {
    const piece = own(whole.subarray(at, at + 4_096));
    decrypt(piece);
    expect(piece).toEqual(plain.subarray(at, at + 4_096));
  }
});

test("what another program's writer encrypted, over many pieces and counters beyond two bytes", async () => {
  const content = randomBytes(2_500_000);
  const writer = new zip.ZipWriter(new zip.Uint8ArrayWriter(), { password: PASSWORD, encryptionStrength: 3 });
  await writer.add('corp.json', new zip.Uint8ArrayReader(content), { useWebWorkers: false, level: 0 });
  await using archive = await spool(Buffer.from(await writer.close()));
  await using opened = await openArchive({ ...archive, password: PASSWORD, limits: { entryMaxBytes: 10_000_000 } });
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.stream()) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
});
