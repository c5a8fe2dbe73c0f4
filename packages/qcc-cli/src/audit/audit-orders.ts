import { isUnderWay, STALLED_AFTER_MS } from 'qcc-clickhouse/ledger/stall-watch';
import { TOPICS } from 'qcc-core/contract/topics';
import type { ReadErasures } from 'qcc-evidence/erasure/erasure-list';
import { type Closed, describeClosed, describeStatus, ORDERS_WITH_CLOSURES } from '../closures.ts';
import type { ClickHouseSide } from '../connect-clickhouse.ts';
import type { KafkaSide } from '../connect-kafka.ts';
import { type LedgerSets, readLedgerSets } from '../ledger-sets.ts';
import {
  type AuditedPlace,
  compareRevision,
  type Difference,
  findNotWhole,
  type Standing,
} from './compare-revision.ts';
import { readLastProgress } from './last-progress.ts';
import { type OccurrenceDigest, withoutDetails } from './occurrence.ts';
import {
  type AuditScope,
  type Holdings,
  type Redactor,
  readEnriched,
  readHistory,
  readRecords,
  revisionKey,
} from './places.ts';
import type { ArchiveReader } from './read-archive.ts';

export type AuditDeps = {
  kafkaSide: KafkaSide;
  clickhouse: ClickHouseSide;
  /** Null: archives are left out. */
  archives: ArchiveReader | null;
  readErasures: ReadErasures;
  now: () => number;
  /** How long originals are kept: the originals of older orders may have expired. */
  evidenceRetentionMs: number;
};

type Named<What> = What & { orderNo: string; revision: number };

export type AuditReport = {
  /** Revisions of orders that were compared, and how many occurrences the ledger counts in them. */
  revisions: number;
  occurrences: number;
  /** How many of them were erased: only the ledger knows of them. */
  erased: number;
  differences: Named<Difference>[];
  /** What was not compared, or with something else, and why. */
  notes: string[];
  /** Orders of which no archive could be had, so that nothing vouches for what was made of it. */
  withoutArchive: string[];
};

/**
 * Compares archive, topics, ledger and table, and finds orders that are not as complete as QCC declared.
 *
 * Reads the ledger first, then topics and table in pipeline order. Records that the ledger counts as stored must therefore be in every
 * place that is read later. If a person has closed an order, only records that are not stored may be absent. Records of an order in
 * progress may not have reached every place, so such an order is compared only if it has made no progress for two minutes.
 *
 * Holds some 300 bytes for each occurrence and place in memory.
 */
export async function auditOrders(deps: AuditDeps, scope: AuditScope): Promise<AuditReport> {
  const { kafkaSide, clickhouse } = deps;
  const statuses = await readStatuses(clickhouse, scope);
  const ledger = await readLedgerSets(clickhouse, scope);
  const eraser = await deps.readErasures();
  const erased = await readErased(clickhouse, scope);
  const records = await readRecords(kafkaSide, scope, eraser);
  const enriched = await readEnriched(kafkaSide, scope, eraser);
  const history = await readHistory(clickhouse, scope);
  // Read last: an order that made progress while the other places were read counts as under way.
  const underWay = [...statuses.values()].filter(({ status }) => isUnderWay(status));
  const progress = await readLastProgress(clickhouse, {
    account: scope.account,
    orderNos: underWay.map(({ orderNo }) => orderNo),
  });
  const stalledSince = new Map(
    underWay.flatMap(({ orderNo, revision }) => {
      const movedAt = progress.get(revisionKey(orderNo, revision)) ?? 0;
      return deps.now() - movedAt < STALLED_AFTER_MS ? [] : [[orderNo, movedAt] as const];
    }),
  );

  const report: AuditReport = {
    revisions: 0,
    occurrences: 0,
    erased: 0,
    differences: [],
    notes: [],
    withoutArchive: [],
  };
  for (const sets of ledger) {
    const { orderNo, revision } = sets;
    const name = revision > 0 ? `${orderNo}, revision ${revision}` : orderNo;
    const latest = statuses.get(orderNo);
    if (latest && isUnderWay(latest.status) && !stalledSince.has(orderNo)) {
      report.notes.push(`${name} is under way (${latest.status}): not compared yet`);
      continue;
    }
    const key = revisionKey(orderNo, revision);
    const hasTopics = sets.startedAt === null || deps.now() - sets.startedAt < TOPICS.records.retentionMs;
    if (!hasTopics) report.notes.push(`${name} is older than the topics keep: only archive, ledger and table compared`);
    const archive = await readArchivePlace(deps, scope, { sets, latest, report, name, eraser });
    const without = new Set(erased.get(key) ?? []);
    const withoutErased = ({ name, occurrences }: AuditedPlace): AuditedPlace => ({
      name,
      occurrences: new Map([...occurrences].filter(([position]) => !without.has(position))),
    });
    // This does not depend on the status: an incomplete order may wait for details too.
    const isSettled = sets.pendingDetails === 0;
    const topics = hasTopics ? [place('records', records, key), place('enriched-records', enriched, key)] : [];
    // Erased positions are not filtered out of the table: an erased row that is still there is a difference.
    const written: AuditedPlace[] = [...topics.map(withoutErased), place('record_history', history, key, isSettled)];
    const isNewest = latest?.revision === revision;
    const isClosed = isNewest && latest.closed_by !== null;
    if (isClosed)
      report.notes.push(`${name} is ${describeStatus(latest.status, latest.reason)}, ${describeClosed(latest)}`);
    const rejected = new Set(sets.rejected);
    const stored = new Set(sets.stored);
    const differences = compareRevision({
      places: [...archive.map(withoutErased), ...written],
      ledger: { parsed: sets.parsed.filter((position) => !without.has(position)), against: written[0]! },
      mayBeAbsent: (position) => rejected.has(position) || (isClosed && !stored.has(position)),
    });
    report.revisions += 1;
    report.occurrences += sets.parsed.length;
    report.erased += without.size;
    const notWhole = isNewest && !isClosed ? findNotWhole(latest, stalledSince.get(orderNo)) : [];
    report.differences.push(
      ...[...notWhole, ...differences].map((difference) => ({ ...difference, orderNo, revision })),
    );
  }
  report.differences.push(...(await findUnknown(deps, scope, [records, enriched, history], ledger)));
  return report;
}

type Latest = Standing & Closed & { orderNo: string; revision: number };

async function readStatuses(clickhouse: ClickHouseSide, { account, orderNo = '' }: AuditScope) {
  const rows = await clickhouse.rows<Latest>(
    `SELECT order_no AS orderNo, revision, status, reason, declared, parsed, rejected,
       missing_ranges AS missingRanges, closed_at, closed_by, closed_reason
     FROM ${ORDERS_WITH_CLOSURES} WHERE account = {account: String} AND {orderNo: String} IN ('', order_no)`,
    { account, orderNo },
  );
  return new Map(rows.map((row) => [row.orderNo, row]));
}

/** Positions that were erased as a whole, by order and revision. */
async function readErased(clickhouse: ClickHouseSide, { account, orderNo = '' }: AuditScope) {
  const rows = await clickhouse.rows<{ orderNo: string; revision: number; positions: number[] }>(
    `SELECT order_no AS orderNo, revision, groupUniqArray(position) AS positions FROM {{db}}.erased_occurrences
     WHERE account = {account: String} AND {orderNo: String} IN ('', order_no) AND extent = 'RECORD'
     GROUP BY order_no, revision`,
    { account, orderNo },
  );
  return new Map(rows.map((row) => [revisionKey(row.orderNo, row.revision), row.positions]));
}

const NONE: ReadonlyMap<number, OccurrenceDigest> = new Map();

function place(name: string, holdings: Holdings, key: string, isSettled = true): AuditedPlace {
  const occurrences = holdings.get(key) ?? NONE;
  if (isSettled) return { name, occurrences };
  const cut = [...occurrences].map(([position, { copies, digest }]) => {
    return [position, { copies, digest: withoutDetails(digest) }] as const;
  });
  return { name, occurrences: new Map(cut) };
}

/** The archive is compared only with the newest revision, and not if that revision is FAILED. */
async function readArchivePlace(
  { archives, now, evidenceRetentionMs }: AuditDeps,
  { account }: AuditScope,
  {
    sets,
    latest,
    report,
    name,
    eraser,
  }: { sets: LedgerSets; latest: Latest | undefined; report: AuditReport; name: string; eraser: Redactor },
): Promise<AuditedPlace[]> {
  if (!archives || sets.revision !== latest?.revision || latest.status === 'FAILED') return [];
  const reading = await archives.read({ account, orderNo: sets.orderNo }, eraser);
  if (reading.kind === 'unavailable') {
    report.notes.push(`${name}: archive not compared (${reading.why})`);
    const isKept = sets.startedAt === null || now() - sets.startedAt < evidenceRetentionMs;
    if (isKept && latest.closed_by === null) report.withoutArchive.push(sets.orderNo);
    return [];
  }
  if (reading.isKept) report.notes.push(`${name}: QCC gives no archive now, compared with the kept original`);
  return [{ name: 'the archive', occurrences: reading.occurrences }];
}

/** Finds records of revisions that the ledger does not have, even when it is read again at the end. */
async function findUnknown(
  { clickhouse }: AuditDeps,
  scope: AuditScope,
  holdings: readonly Holdings[],
  known: readonly LedgerSets[],
): Promise<Named<Difference>[]> {
  const found = new Map(holdings.flatMap((each) => [...each]));
  for (const { orderNo, revision } of known) found.delete(revisionKey(orderNo, revision));
  if (found.size === 0) return [];
  for (const { orderNo, revision } of await readLedgerSets(clickhouse, scope)) {
    found.delete(revisionKey(orderNo, revision));
  }
  return [...found].map(([key, positions]) => {
    const [orderNo, revision] = JSON.parse(key) as [string, number];
    const difference = { kind: 'MISSING', place: 'the ledger', against: 'topics and table', columns: [] } as const;
    return { ...difference, orderNo, revision, positions: [...positions.keys()].sort((a, b) => a - b) };
  });
}
