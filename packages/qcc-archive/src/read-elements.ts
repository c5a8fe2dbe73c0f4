/** Further readings of an archive that was inspected, for the operator's tool. The extractor reads `changes` instead. */
import type { ChangeRecord } from 'qcc-core/contract/domain';
import { type ArchiveSource, type Inspection, readDocument } from './inspect-archive.ts';
import type { CutElement } from './json/cut-elements.ts';
import { type ExtractionContext, PARSER_VERSION, type RejectedElement, readChange } from './read-change.ts';
import { type OpenArchive, openArchive } from './zip/open-archive.ts';

export type ElementOutcome = { kind: 'record'; record: ChangeRecord } | RejectedElement;

export const positionOf = (outcome: ElementOutcome): number =>
  outcome.kind === 'record' ? outcome.record.position : outcome.position;

/**
 * Reads an archive that was inspected once more: the outcome of each element in the order of positions, in batches of one
 * chunk (some 450 records). Batches are made as they are asked for; ending early closes the file.
 * @throws as inspectArchive, and an Error at the end where the file no longer is what was inspected: that is the spool's
 *   fault, not the archive's.
 */
export async function* readElements(
  source: ArchiveSource & { inspection: Pick<Inspection, 'plaintextSha256'>; context: ExtractionContext },
): AsyncGenerator<ElementOutcome[], void, undefined> {
  await using archive = await openArchive(source);
  const document = cutDocument(archive, source);
  for await (const batch of document.batches()) yield batch.map((element) => toOutcome(source.context, element));
  if (document.end().plaintextSha256 !== source.inspection.plaintextSha256)
    throw new Error(`the spooled archive of order ${source.context.orderNo} changed after it was inspected`);
}

/**
 * Returns one element with the bytes that the archive has for it; null if the archive has fewer elements. It authenticates
 * the ciphertext first.
 * @throws as inspectArchive.
 */
export async function cutElement(source: ArchiveSource, position: number): Promise<CutElement | null> {
  await using archive = await openArchive(source);
  for await (const batch of cutDocument(archive, source).batches()) {
    const element = batch.find((each) => each.position === position);
    if (element) return element;
  }
  return null;
}

/** One element of `result` → the record it becomes on the topic, or why it does not. */
function toOutcome(context: ExtractionContext, element: CutElement): ElementOutcome {
  const { position } = element;
  const outcome = readChange(element);
  if (outcome.kind === 'rejected') return { ...outcome, position, element };
  return { kind: 'record', record: { ...outcome.change, ...context, position, parserVersion: PARSER_VERSION } };
}

/** The document of an open archive, its elements in batches. `end` may be called after the last. */
export function cutDocument(archive: OpenArchive, source: ArchiveSource) {
  let batch: CutElement[] = [];
  const document = readDocument(archive, source, { take: (element) => void batch.push(element) });
  return {
    async *batches(): AsyncGenerator<CutElement[], void, undefined> {
      for await (const _ of document.read()) {
        const cut = batch;
        batch = [];
        yield cut;
      }
    },
    end: document.end,
  };
}
