import { createHash } from 'node:crypto';
import { ArchiveError } from './errors.ts';
import { type CutElement, createElementCutter, type ElementTaker } from './json/cut-elements.ts';
import { type Envelope, MOST_RECORDS, parseDeclared, parseEnvelope } from './json/parse-envelope.ts';
import { readChange } from './read-change.ts';
import { type OpenArchive, openArchive } from './zip/open-archive.ts';
import type { ArchiveLimits } from './zip/stream-entry.ts';

/** A record on the topic may have 1 MiB; as Avro it is shorter than as JSON, but lineage is added. */
const ELEMENT_MAX_BYTES = 1_000_000;
const ENVELOPE_MAX_BYTES = 1_048_576;
/** Each becomes a dead letter, and a few KB of zip can hold millions of `1,`. */
const REJECTED_MAX = 100_000;
/** Up to this number, refused records do not make the archive fail, whatever their share. */
const REJECTED_FREE = 1_000;
/** Up to this number, records are accepted however small the archive is: they are read in some 0.3 s. */
const ELEMENTS_FREE = 100_000;
/** The id alone is a hash of 128 bits (document 6.2.6), which nothing compresses; whole records come to about 60 bytes. */
const PACKED_BYTES_PER_ELEMENT = 16;

export type ReadLimits = ArchiveLimits & {
  /** A longer record is refused alone. Default 1,000,000. */
  maxElementBytes?: number;
  /** What may stand around `result`. Default 1 MiB. */
  maxEnvelopeBytes?: number;
  /** With more refused records the archive is refused as a whole. Default 100,000. */
  maxRejected?: number;
  /** An archive may hold or declare this many records, however small it is. Default 100,000. */
  freeElements?: number;
  /** This many records may be refused, even if they are the majority. Default 1,000. */
  freeRejected?: number;
};

/** A spooled archive and what opens it. */
export type ArchiveSource = { file: string; password: string; limits: ReadLimits; signal?: AbortSignal };

/** What is known once the whole archive has been authenticated and parsed. */
export type Inspection = Envelope & {
  entryName: string;
  /** Of the decrypted entry, lower-case hex: a rebuilt archive has another salt, the same plaintext has the same hash. */
  plaintextSha256: string;
  /** Elements of `result`: positions 0 … elements - 1. */
  elements: number;
  /** How many of them are refused. */
  rejected: number;
  /** Names of entries that were not read: to be reported. */
  otherEntries: string[];
};

/** Is handed every element while the archive is inspected, in order. */
export type Inspector = Pick<ElementTaker, 'takeObject'> & {
  /** Returns whether the element becomes a record. Elements that `takeObject` took always do. */
  take(element: CutElement): boolean;
  /** Awaited after each chunk of the document. */
  afterChunk?(): Promise<void>;
};

const onlyLook: Inspector = { take: (element) => readChange(element).kind === 'change' };

/**
 * Reads the archive to its end, so that nothing of an archive that fails is ever published. Memory holds a chunk and a record,
 * however long the archive is. The inspector must be able to undo its work, because the archive may still fail later.
 * @throws ArchiveError; the reason of the signal; errors of the file system as they are; what the inspector throws.
 */
export async function inspectArchive(source: ArchiveSource, inspector: Inspector = onlyLook): Promise<Inspection> {
  await using archive = await openArchive(source);
  const { entryName, otherEntries } = archive;
  const { maxRejected = REJECTED_MAX, freeRejected = REJECTED_FREE, freeElements = ELEMENTS_FREE } = source.limits;
  let rejected = 0;
  let declaredFirst: number | null | undefined;
  const check = (elements: number): void => {
    if (declaredFirst === undefined) declaredFirst = parseDeclared(document.head());
    checkElements({ elements, declared: declaredFirst, packed: archive.packedBytesRead(), free: freeElements });
  };
  const document = readDocument(archive, source, {
    ...inspector,
    take(element) {
      // Checks at each of these elements: a few KB of zip can hold a chunk full of invalid ones, which cost far more than records.
      check(element.position + 1);
      if (inspector.take(element)) return;
      rejected++;
      if (rejected > maxRejected)
        throw new ArchiveError('ARCHIVE_LIMITS', `more than ${maxRejected} of its records would be refused`);
    },
  });
  for await (const elements of document.read()) {
    check(elements);
    await inspector.afterChunk?.();
  }
  const { plaintextSha256, envelope, elements } = document.end();
  const { pushDate, declared, unknownFields } = parseEnvelope(envelope);
  // If totalSize comes after the records, it is known only now. It has the same meaning.
  const packed = archive.packedBytesRead();
  checkElements({ elements, declared, packed, free: freeElements });
  // It declares more records than its bytes can hold. The ledger would list the others as missing forever.
  if (declared !== null && declared > mostElements(packed, freeElements))
    throw new ArchiveError(
      'ARCHIVE_LIMITS',
      `it declares ${declared} records in ${packed} bytes: more than can be packed`,
    );
  if (rejected > freeRejected && rejected > elements / 2)
    throw new ArchiveError('ARCHIVE_LIMITS', `${rejected} of its ${elements} records would be refused`);
  return { pushDate, declared, unknownFields, entryName, otherEntries, plaintextSha256, elements, rejected };
}

/**
 * Refuses an archive that holds far more records than it declares, or than fit into the compressed bytes that were read so far. If
 * the difference is smaller, the archive is published, and the ledger reports the difference.
 */
function checkElements(input: { elements: number; declared: number | null; packed: number; free: number }): void {
  const { elements, declared, packed, free } = input;
  if (elements > MOST_RECORDS) throw new ArchiveError('ARCHIVE_LIMITS', `it holds more than ${MOST_RECORDS} records`);
  if (declared !== null && elements > Math.max(2 * declared, declared + free))
    throw new ArchiveError('ARCHIVE_LIMITS', `it declares ${declared} records and holds ${elements} at least`);
  if (elements > mostElements(packed, free))
    throw new ArchiveError(
      'ARCHIVE_LIMITS',
      `it holds ${elements} records in ${packed} bytes: more than can be packed`,
    );
}

const mostElements = (packed: number, free: number): number => Math.max(free, packed / PACKED_BYTES_PER_ELEMENT);

/** Reads the document of an open archive, and passes its elements to `taker`. `head` may be called after the first element. */
export function readDocument(archive: OpenArchive, { limits, signal }: ArchiveSource, taker: ElementTaker) {
  const { maxElementBytes = ELEMENT_MAX_BYTES, maxEnvelopeBytes = ENVELOPE_MAX_BYTES } = limits;
  const cutter = createElementCutter({ maxElementBytes, maxEnvelopeBytes }, taker);
  const hash = createHash('sha256');
  return {
    /** After each chunk that ended some, how many elements there were. */
    async *read(): AsyncGenerator<number, void, undefined> {
      for await (const chunk of archive.stream(signal)) {
        hash.update(chunk);
        const before = cutter.count();
        cutter.push(chunk);
        if (cutter.count() > before) yield cutter.count();
      }
    },
    head: () => cutter.head() ?? '{}',
    end: () => ({ envelope: cutter.end(), plaintextSha256: hash.digest('hex'), elements: cutter.count() }),
  };
}
