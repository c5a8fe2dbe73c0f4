import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { inspectArchive, type ReadLimits } from 'qcc-archive/inspect-archive';
import type { ExtractionContext } from 'qcc-archive/read-change';
import { type ElementOutcome, positionOf, readElements } from 'qcc-archive/read-elements';
import { rejectedDeadLetter } from 'qcc-archive/rejected-dead-letter';
import { type InsertDeps, insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { eraseDeadLetter, redactRecord } from 'qcc-clickhouse/rows/erase-row';
import { type ErasedOccurrence, storeErased } from 'qcc-clickhouse/rows/erased-occurrences';
import { toErasureRow, toOrderEventRow } from 'qcc-clickhouse/rows/fact-rows';
import { amendReplaced, replacedBy } from 'qcc-clickhouse/rows/follow-up-derivations';
import { insertRecords } from 'qcc-clickhouse/rows/insert-records';
import type { Place } from 'qcc-clickhouse/rows/lineage';
import type { Pseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import { toDeadLetterRow } from 'qcc-clickhouse/rows/to-dead-letter-row';
import { avroType } from 'qcc-core/avro/types';
import type { Sealer } from 'qcc-core/base/sealing';
import type { ChangeRecord, EnrichedRecord, Erasure } from 'qcc-core/contract/domain';
import { toDeadLetter } from 'qcc-core/kafka/messages/dead-letter';
import { type OrderFact, toOrderEvent } from 'qcc-core/kafka/messages/order-event';
import { detailNeed } from 'qcc-details/detail-need';
import { type DetailResult, toResult } from 'qcc-details/detail-result';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { newestResponse, settleFromResponses } from 'qcc-details/settle-from-responses';
import { toEnriched } from 'qcc-details/to-enriched';
import { type ArchiveRepository, type KeptDiscard, passwordContext } from 'qcc-evidence/archive-repository';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { ResponseRepository } from 'qcc-evidence/response-repository';
import { toDiscardRows } from '../dead-letters/discard-records.ts';
import { isOriginalsFault } from '../evidence/write-bundle.ts';
import type { Segment } from './plan-segments.ts';

export type RebuildDeps = {
  archives: Pick<ArchiveRepository, 'orders' | 'copyArchive'>;
  responses: Pick<ResponseRepository, 'find'>;
  sealer: Pick<Sealer, 'open'>;
  /** What must not come back. */
  eraser: Eraser;
  pseudonyms: Pseudonyms;
  client: ClickHouseClient;
  database: string;
  /** For one archive at a time. */
  spoolDir: string;
  limits: ReadLimits;
};

export type Rebuilt = {
  stored: number;
  rejected: number;
  refused: number;
  /** Positions of records that a view of the tables for analysts cannot read. */
  underived: number[];
  pending: number;
  erased: number;
  /** Messages about kept responses that cannot be read. The details of their changes are pending. */
  spoiltResponses: ReadonlySet<string>;
};

const INSERT_ROWS = 10_000;

/**
 * Rebuilds one revision of an order from its kept archives and detail responses, with the services' own pure functions. It writes the
 * same records with the same versions, the dead letters, the facts for the ledger, and those of `discards` that belong to this revision
 * (`discards` has those of all revisions). Each row names the evidence as its source, and the facts have the times of the extraction. A
 * repeated run therefore changes nothing.
 * @throws EvidenceError, SealingError, ArchiveError, ClickHouseUnavailableError; some rows may be stored by then.
 */
export async function rebuildRevision(
  deps: RebuildDeps,
  segments: readonly Segment[],
  discards: readonly KeptDiscard[],
): Promise<Rebuilt> {
  const { account, orderNo, revision, source, startedAt, receivedAt } = segments[0]!.extraction;
  const placeOf = (offset: number): Place => ({
    topic: `evidence:${orderNo}:${revision}`,
    partition: 0,
    offset: String(offset),
    timestamp: String(startedAt),
  });
  const fact = { account, orderNo, revision, source, at: startedAt };
  const facts: OrderFact[] = revision === 0 ? [{ ...fact, stage: 'RECEIVED', at: receivedAt }] : [];
  const spoiltResponses = new Set<string>();
  const rebuilt: Rebuilt = {
    stored: 0,
    rejected: 0,
    refused: 0,
    underived: [],
    pending: 0,
    erased: 0,
    spoiltResponses,
  };

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
      declared: inspection.declared,
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
        else enriched.push(toEnriched(record, await settle(deps.responses, record, spoiltResponses)));
      }
      await storeErased(deps, erased);
      const rows = enriched.map((each) => {
        const { record } = each;
        const redacted = redactRecord(deps.eraser, each);
        const isRenamed = redacted.record.corpName !== record.corpName;
        return {
          record,
          body: avroType('enriched-records').toBuffer(redacted),
          pseudonym: isRenamed ? null : deps.pseudonyms.of(record.account, record.corpKeyNo),
          place: placeOf(record.position),
        };
      });
      const { refused: refusedRows, underived } = await insertRecords(deps, rows);
      const refused = refusedRows.map(({ row: { record, body, place }, message }) => ({
        position: record.position,
        // As the sink says it: the ledger has to count the row as rejected.
        deadLetter: toDeadLetter({
          stage: 'sink',
          reason: 'ROW_REFUSED',
          message,
          key: record.corpKeyNo,
          bytes: body,
          place: {
            ...place,
            account,
            orderNo,
            revision,
            position: record.position,
            archiveSha256: archive.sha256,
          },
          now: startedAt,
        }),
      }));
      const deadLetters = [
        ...refused,
        ...rejected.map((outcome) => {
          const { position } = outcome;
          return { position, deadLetter: rejectedDeadLetter(context, placeOf(position), outcome, startedAt) };
        }),
      ];
      const deadLetterRows = deadLetters.map(({ position, deadLetter: { key, value, headers } }) => {
        const deadLetter = { key: Buffer.from(key), value, ...(headers && { headers }) };
        return eraseDeadLetter(deps.eraser, toDeadLetterRow(deadLetter, placeOf(position)));
      });
      await insertRows(deps, { table: 'dead_letters', rows: deadLetterRows });
      facts.push({ ...fact, stage: 'PARSED', positions: records.map(({ position }) => position) });
      facts.push({ ...fact, stage: 'REJECTED', positions: deadLetters.map(({ position }) => position) });
      rebuilt.stored += enriched.length - refusedRows.length;
      rebuilt.erased += erased.length;
      rebuilt.refused += refusedRows.length;
      rebuilt.underived.push(...underived.map(({ row: { record } }) => record.position));
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
  await amendReplaced(
    deps,
    facts.flatMap((each) => replacedBy(each) ?? []),
  );
  const discarded = discards.filter((discard) => discard.revision === revision).flatMap(toDiscardRows);
  await insertRows(deps, { table: 'order_discards', rows: discarded, maxRefused: 0 });
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

async function settle(
  responses: RebuildDeps['responses'],
  record: ChangeRecord,
  spoilt: Set<string>,
): Promise<DetailResult> {
  const need = detailNeed(DETAIL_ENDPOINTS, record);
  if (need.kind === 'none') return need.result;
  const { endpoint, corpKeyNo, checkId } = need.request;
  const question = { account: record.account, endpoint: endpoint.call.name, corpKeyNo, checkId };
  const kept = await responses.find(question).then(
    (found) => found.map(({ response }) => response),
    (error: unknown) => {
      // As in the enricher, an altered response is not trusted. The other responses are not used either, because the altered one may
      // have settled the details.
      if (!isOriginalsFault(error)) throw error;
      spoilt.add(error.message);
      return [];
    },
  );
  const earlier = record.revision > 0 ? await newestResponse(need.request, kept) : undefined;
  return earlier ? toResult(earlier) : await settleFromResponses(need.request, kept);
}
