import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { ZipWriter } from '@zip.js/zip.js';
import { makeAe1 } from './ae1.ts';
import { corruptFile } from './corruption.ts';
import type { Feed } from './feed.ts';
import type { Order } from './orders.ts';

const CHUNK_CHARACTERS = 65_536;

/**
 * Writes an order's archive: one JSON entry, Deflate, WinZip AES-256 (document 6.2.6). Memory does not grow with the
 * order. The salt is random: two archives of one order differ, their plaintexts do not.
 */
export async function writeArchive(feed: Feed, order: Order, file: string): Promise<void> {
  let checksum = 0;
  const plain = ReadableStream.from(
    encodeCounted(archiveText(feed, order), (bytes) => {
      checksum = crc32(bytes, checksum);
    }),
  );
  const zip = new ZipWriter(Writable.toWeb(createWriteStream(file)));
  await zip.add(order.entryName, plain, {
    password: order.archivePassword,
    encryptionStrength: 3,
    useWebWorkers: false,
    lastModDate: new Date(order.pushedAt),
  });
  await zip.close();
  if (order.aeVersion === 1) await makeAe1(file, checksum);
  if (order.corrupt !== null) await corruptFile(file, order.corrupt);
}

/** The entry's JSON in pieces: `{pushDate, totalSize, result}`, in some orders with pushDate at the end. */
export function* archiveText(feed: Feed, order: Order): Generator<string> {
  const pushDate = `"pushDate":${JSON.stringify(order.pushDate)}`;
  const unknown = order.unknownEnvelopeField ? '"batchNo":"B20210316",' : '';
  const [open, close] = order.nullResult ? ['null', ''] : ['[', ']'];
  let piece = `{${order.pushDateLast ? '' : `${pushDate},`}${unknown}"totalSize":${order.declared},"result":${open}`;
  for (let position = 0; position < order.records; position += 1) {
    piece += `${position === 0 ? '' : ','}${JSON.stringify(feed.elementAt(order, position))}`;
    if (piece.length < CHUNK_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}${close}${order.pushDateLast ? `,${pushDate}` : ''}}`;
}

function* encodeCounted(texts: Iterable<string>, count: (bytes: Uint8Array) => void): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const text of texts) {
    const bytes = encoder.encode(text);
    count(bytes);
    yield bytes;
  }
}
