import type { PositionRange } from 'qcc-core/contract/domain';
import { changedColumns, type OccurrenceDigest } from './occurrence.ts';

/** One place and what it holds of a revision, by position. */
export type AuditedPlace = { name: string; occurrences: ReadonlyMap<number, OccurrenceDigest> };

/** Between two places, or between an order as it should be and as all places have it. */
export type Difference = PlaceDifference | { kind: 'NOT_WHOLE'; ranges: readonly PositionRange[]; why: string };

export type PlaceDifference = {
  kind: 'MISSING' | 'UNEXPECTED' | 'DOUBLED' | 'CHANGED';
  /** Ascending. */
  positions: number[];
  /** The place that is wrong, or the later of the two that differ. */
  place: string;
  /** What it was compared with; null for DOUBLED. */
  against: string | null;
  /** Of CHANGED. */
  columns: readonly string[];
};

export type Revision = {
  /** In pipeline order. Each is compared with the one before it. */
  places: readonly AuditedPlace[];
  /** What the ledger counts as parsed; the first of `places` that the pipeline wrote has to hold just that. */
  ledger: { parsed: Iterable<number>; against: AuditedPlace };
  /** Positions that were rejected on the way, or that a person has given up: their absence is not a difference. */
  mayBeAbsent: (position: number) => boolean;
};

/** The newest revision of an order, as the view `orders` has it. */
export type Standing = {
  status: string;
  reason: string | null;
  declared: number | null;
  parsed: number;
  rejected: number;
  missingRanges: readonly PositionRange[];
};

/**
 * Checks whether the order is as complete as QCC declared. Comparing places cannot show this: if nothing was published, or if the
 * archive held fewer records than it declares, all places lack the same records. Rejected records are accounted for by their dead
 * letters.
 * `stalledSince` is given for an order under way that makes no progress: when it last made progress, 0 if no fact says so.
 */
export function findNotWhole(
  { status, reason, declared, parsed, rejected, missingRanges }: Standing,
  stalledSince?: number,
): Difference[] {
  const isNotWhole = status === 'FAILED' || (status === 'INCOMPLETE' && reason !== 'RECORDS_REJECTED');
  if (!isNotWhole && stalledSince === undefined) return [];
  const counts = `${declared ?? 'none'} declared, ${parsed} parsed, ${rejected} rejected`;
  const why = stalledSince === undefined ? (reason ?? 'no reason given') : describeStall(stalledSince);
  return [{ kind: 'NOT_WHOLE', ranges: missingRanges, why: `${status} (${why}): ${counts}` }];
}

const describeStall = (since: number): string =>
  since === 0 ? 'no fact about it' : `no progress since ${new Date(since).toISOString()}`;

/** What does not agree among the places of one revision of one order, occurrence by occurrence. */
export function compareRevision({ places, ledger, mayBeAbsent }: Revision): PlaceDifference[] {
  const counted = new Map([...ledger.parsed].map((position) => [position, { copies: 1, digest: '' }]));
  const pairs: [AuditedPlace, AuditedPlace][] = [[{ name: 'the ledger', occurrences: counted }, ledger.against]];
  for (const [index, place] of places.entries()) {
    const before = places[index - 1];
    if (before) pairs.push([before, place]);
  }
  return [...places.flatMap(findDoubled), ...pairs.flatMap(([one, other]) => comparePlaces(one, other, mayBeAbsent))];
}

function findDoubled({ name, occurrences }: AuditedPlace): PlaceDifference[] {
  const positions = [...occurrences].filter(([, { copies }]) => copies > 1).map(([position]) => position);
  return toDifferences('DOUBLED', positions, name, null);
}

function comparePlaces(
  one: AuditedPlace,
  other: AuditedPlace,
  mayBeAbsent: Revision['mayBeAbsent'],
): PlaceDifference[] {
  const missing = [...one.occurrences.keys()].filter(
    (position) => !other.occurrences.has(position) && !mayBeAbsent(position),
  );
  const unexpected = [...other.occurrences.keys()].filter((position) => !one.occurrences.has(position));
  const changed = new Map<string, number[]>();
  for (const [position, { digest }] of one.occurrences) {
    const there = other.occurrences.get(position);
    const columns = there ? changedColumns(digest, there.digest) : [];
    if (columns.length === 0) continue;
    const key = columns.join(' ');
    const positions = changed.get(key);
    if (positions) positions.push(position);
    else changed.set(key, [position]);
  }
  return [
    ...toDifferences('MISSING', missing, other.name, one.name),
    ...toDifferences('UNEXPECTED', unexpected, other.name, one.name),
    ...[...changed].flatMap(([columns, positions]) =>
      toDifferences('CHANGED', positions, other.name, one.name, columns.split(' ')),
    ),
  ];
}

const toDifferences = (
  kind: PlaceDifference['kind'],
  positions: number[],
  place: string,
  against: string | null,
  columns: readonly string[] = [],
): PlaceDifference[] =>
  positions.length === 0 ? [] : [{ kind, positions: positions.sort((a, b) => a - b), place, against, columns }];
