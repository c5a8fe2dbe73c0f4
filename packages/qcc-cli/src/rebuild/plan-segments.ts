import type { KeptArchive, KeptExtraction, KeptOrder } from 'qcc-evidence/archive-repository';

/** Positions `first` … `end` - 1 of a revision, and the archive they came from. */
export type Segment = { extraction: KeptExtraction; archive: KeptArchive; first: number; end: number };

/**
 * The archives from which each revision of an order was extracted. If an extraction was interrupted and QCC packed the same text again,
 * the extraction continued in the new archive. A revision may therefore have several segments.
 * @returns revisions in ascending order, each with its segments; `missing` are archives that are not kept any more.
 */
export function planSegments({ archives, extractions }: Omit<KeptOrder, 'refusals' | 'discards'>): {
  revisions: Segment[][];
  missing: string[];
} {
  const missing: string[] = [];
  const revisions = [...Map.groupBy(extractions, ({ revision }) => revision).values()].map((parts) =>
    parts.flatMap((extraction, index): Segment[] => {
      const archive = archives.find(({ sha256 }) => sha256 === extraction.archiveSha256);
      if (archive) {
        const end = parts[index + 1]?.firstPosition ?? archive.elements;
        return [{ extraction, archive, first: extraction.firstPosition, end }];
      }
      missing.push(extraction.archiveSha256);
      return [];
    }),
  );
  return { revisions: revisions.filter((segments) => segments.length > 0), missing };
}
