import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { ZipWriter } from '@zip.js/zip.js';
import { ArchiveError } from './errors.ts';
import type { ArchiveSource } from './inspect-archive.ts';
import type { CutElement } from './json/cut-elements.ts';
import { cutDocument } from './read-elements.ts';
import { openArchive } from './zip/open-archive.ts';

const AES_256 = 3;
/** Up to this length, a record that was refused for its length is searched and kept like others. A longer one becomes a stub. */
const KEPT_ELEMENT_MAX_BYTES = 64 * 1_048_576;

/** What an element becomes; null where it stays as it is. */
export type ChangeElement = (content: Buffer) => string | null;

export type Rewritten = { sha256: string; bytes: number; changed: number };

/**
 * Writes an archive again with some of its elements changed: the same entry, password, envelope and positions. An element
 * longer than `maxElementBytes` (default 64 MiB) cannot be looked into, so a stub replaces it and counts as changed. Memory
 * holds a chunk and an element.
 * @returns null where nothing changes; no file is written then.
 * @throws as inspectArchive.
 */
export async function rewriteArchive(
  source: ArchiveSource,
  { toFile, change }: { toFile: string; change: ChangeElement },
): Promise<Rewritten | null> {
  const limits = { maxElementBytes: KEPT_ELEMENT_MAX_BYTES, ...source.limits };
  const changeOf = (element: CutElement): string | null =>
    element.kind === 'element' ? change(element.content) : tooLargeStub(element.byteLength);
  await using archive = await openArchive(source);
  const first = cutDocument(archive, { ...source, limits });
  let changed = 0;
  for await (const batch of first.batches()) {
    for (const element of batch) if (changeOf(element) !== null) changed += 1;
  }
  // Throws, even if nothing changed, if the document is cut off or has no `result`: then it was not searched completely.
  const envelope = membersAround(first.end().envelope);
  if (changed === 0) return null;

  const members = envelope.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`);
  const second = cutDocument(archive, { ...source, limits });
  async function* text(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`{${members.join('')}"result":[`);
    for await (const batch of second.batches()) {
      yield Buffer.concat(
        batch.flatMap((element) => {
          const changedTo = changeOf(element);
          const isKept = changedTo === null && element.kind === 'element';
          const written = isKept ? element.content : Buffer.from(changedTo ?? '');
          return element.position === 0 ? [written] : [Buffer.from(','), written];
        }),
      );
    }
    yield Buffer.from(']}');
  }

  const zip = new ZipWriter(Writable.toWeb(createWriteStream(toFile, { mode: 0o600 })));
  await zip.add(archive.entryName, ReadableStream.from(text()), {
    password: source.password,
    encryptionStrength: AES_256,
    useWebWorkers: false,
  });
  await zip.close();
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(toFile) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes, changed };
}

/** Of the document, but for its records. */
function membersAround(envelope: string): [string, unknown][] {
  try {
    return Object.entries(JSON.parse(envelope) as object).filter(([key]) => key.trim() !== 'result');
  } catch {
    // The parser's own words would quote it.
    throw new ArchiveError('ARCHIVE_JSON_DAMAGED', 'what stands around its records is no JSON');
  }
}

/** No record can be read from it either, so its position stays rejected. */
const tooLargeStub = (byteLength: number): string =>
  JSON.stringify({ '~erased': `a record of ${byteLength} bytes, too large to look into` });
