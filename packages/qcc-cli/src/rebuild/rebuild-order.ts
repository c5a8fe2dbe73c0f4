import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import type { ElementOutcome, ExtractionContext } from 'archive-extractor/parse-element';
import { positionOf, rejectedLetter } from 'archive-extractor/publish-order';
import { inspectArchive, type ReadLimits, readElements } from 'archive-extractor/read-archive';
import { detailNeed } from 'detail-enricher/detail-need';
import { type DetailResult, toResult } from 'detail-enricher/detail-result';
import { DETAIL_ENDPOINTS } from 'detail-enricher/endpoints/all';
import { newestAnswer, settleFromAnswers } from 'detail-enricher/settle-from-answers';
import { toEnriched } from 'detail-enricher/to-enriched';
import { avroType } from 'qcc-core/avro/types';
import type { ChangeRecord, EnrichedRecord, Erasure } from 'qcc-core/domain';
import type { Eraser } from 'qcc-core/erasure/eraser';
import type { AnswerShelf } from 'qcc-core/evidence/answer-shelf';
import { type ArchiveShelf, passwordContext } from 'qcc-core/evidence/archive-shelf';
import { type OrderFact, toOrderEvent } from 'qcc-core/order-event';
import type { Sealer } from 'qcc-core/sealing';
import { eraseLetter, redactRecord } from 'sink/erase-row';
import { type ErasedOccurrence, storeErased } from 'sink/erased-occurrences';
import { type InsertDeps, insertRows } from 'sink/insert-rows';
import type { Place } from 'sink/lineage';
import { toDeadLetterRow } from 'sink/to-dead-letter-row';
import { toErasureRow } from 'sink/to-erasure-row';
import { toOrderEventRow } from 'sink/to-order-event-row';
import { writeRecords } from 'sink/write-records';
import type { Segment } from './plan-segments.ts';

export type RebuildDeps = {
  archives: Pick<ArchiveShelf, 'orders' | 'copyArchive'>;
  answers: Pick<AnswerShelf, 'find'>;
  sealer: Pick<Sealer, 'open'>;
  /** What must not come back. */
  eraser: Eraser;
  client: ClickHouseClient;
  database: string;
  /** For one archive at a time. */
  spoolDir: string;
  limits: ReadLimits;
};

export type Rebuilt = { stored: number; rejected: number; refused: number; pending: number; erased: number };

const INSERT_ROWS = 10_000;

/**
 * One revision of an order, from its kept archives and the kept detail answers, through the services' own pure parts into
 * the tables: the same records with the same versions, dead letters, and the facts the ledger is made of. Where a row came
 * from is the evidence, and times of the facts are the extraction's; so a second time changes nothing.
 * @throws EvidenceError, SealingError, ArchiveError, ClickHouseUnavailableError; some rows may be stored by then.
 */
export async function rebuildRevision(deps: RebuildDeps, segments: readonly Segment[]): Promise<Rebuilt> {
  const { account, orderNo, revision, source, startedAt, receivedAt } = segments[0]!.extraction;
  const placeOf = (offset: number): Place => ({
    topic: `evidence:${orderNo}:${revision}`,
    partition: 0,
    offset: String(offset),
    timestamp: String(startedAt),
  });
  const fact = { account, orderNo, revision, source, at: startedAt };
  const facts: OrderFact[] = revision === 0 ? [{ ...fact, stage: 'RECEIVED', at: receivedAt }] : [];
  const rebuilt: Rebuilt = { stored: 0, rejected: 0, refused: 0, pending: 0, erased: 0 };

  for (const segment of segments) {
    const { archive } = segment;
    const file = join(deps.spoolDir, `${archive.sha256}.zip`);
    await using spool = new AsyncDisposableStack();
    spool.defer(() => rm(file, { force: true }));
    await deps.archives.copyArchive(archive, file);
    const password = await deps.sealer.open(archive.sealedUnzipPassword, passwordContext(archive));
    const archiveSource = { file, password, limits: deps.limits };
    const inspection = await inspectArchive(archiveSource);
    const { pushDate } = inspection;
    const context: ExtractionContext = { account, orderNo, revision, source, archiveSha256: archive.sha256, pushDate };
    const whole = {
      ...fact,
      pushDate,
      declared: inspection.declared ?? inspection.elements,
      archiveSha256: archive.sha256,
      unconfirmed: archive.unconfirmed,
    };
    const isOwn = (outcome: ElementOutcome) => {
      const position = positionOf(outcome);
      return position >= segment.first && position < segment.end;
    };

    const store = async (outcomes: readonly ElementOutcome[]): Promise<void> => {
      const records = outcomes.flatMap((outcome) => (outcome.kind === 'record' ? [outcome.record] : []));
      const rejected = outcomes.flatMap((outcome) => (outcome.kind === 'rejected' ? [outcome] : []));
      const enriched: EnrichedRecord[] = [];
      const erased: ErasedOccurrence[] = [];
      for (const record of records) {
        const erasureId = deps.eraser.covers(record);
        if (erasureId !== null) erased.push({ occurrence: record, erasureId });
        else enriched.push(toEnriched(record, await settle(deps.answers, record)));
      }
      await storeErased(deps, erased);
      const refusedRows = await insertRows(deps, {
        table: 'record_history',
        write: writeRecords,
        rows: enriched.map((each) => ({
          body: avroType('enriched-records').toBuffer(redactRecord(deps.eraser, each)),
          place: placeOf(each.record.position),
        })),
      });
      const letters = rejected.map((outcome) => {
        const place = placeOf(outcome.position);
        const { key, value, headers } = rejectedLetter(context, place, outcome, startedAt);
        const letter = { key: Buffer.from(key), value, ...(headers && { headers }) };
        return eraseLetter(deps.eraser, toDeadLetterRow(letter, place));
      });
      await insertRows(deps, { table: 'dead_letters', rows: letters });
      facts.push({ ...fact, stage: 'PARSED', positions: records.map(({ position }) => position) });
      facts.push({ ...fact, stage: 'REJECTED', positions: rejected.map(({ position }) => position) });
      rebuilt.stored += enriched.length - refusedRows.length;
      rebuilt.erased += erased.length;
      rebuilt.refused += refusedRows.length;
      rebuilt.rejected += rejected.length;
      rebuilt.pending += enriched.filter(({ detailStatus }) => detailStatus === 'PENDING').length;
    };

    facts.push({ ...whole, stage: 'EXTRACTING' });
    let gathered: ElementOutcome[] = [];
    for await (const batch of readElements({ ...archiveSource, inspection, context })) {
      gathered.push(...batch.filter(isOwn));
      if (gathered.length < INSERT_ROWS) continue;
      await store(gathered);
      gathered = [];
    }
    await store(gathered);
    if (segment === segments.at(-1)) facts.push({ ...whole, stage: 'EXTRACTED' });
  }
  const events = facts
    .filter(({ positions }) => positions === undefined || [...positions].length > 0)
    .map((each, index) => toOrderEventRow(toOrderEvent(each), placeOf(index)));
  await insertRows(deps, { table: 'order_events', rows: events });
  return rebuilt;
}

/** The decisions themselves, from where they are kept beside the originals. */
export async function rebuildErasures(deps: InsertDeps, erasures: readonly Erasure[]): Promise<void> {
  const rows = erasures.map((erasure, index) =>
    toErasureRow(erasure, {
      topic: 'evidence:erasures',
      partition: 0,
      offset: String(index),
      timestamp: String(erasure.at),
    }),
  );
  await insertRows(deps, { table: 'erasures', rows, maxRefused: 0 });
}

async function settle(answers: RebuildDeps['answers'], record: ChangeRecord): Promise<DetailResult> {
  const need = detailNeed(DETAIL_ENDPOINTS, record);
  if (need.kind === 'none') return { status: need.status };
  const { endpoint, corpKeyNo, checkId } = need.request;
  const found = await answers.find({ account: record.account, endpoint: endpoint.name, corpKeyNo, checkId });
  const kept = found.map(({ answer }) => answer);
  const earlier = record.revision > 0 ? await newestAnswer(need.request, kept) : undefined;
  return earlier ? toResult(earlier) : await settleFromAnswers(need.request, kept);
}
