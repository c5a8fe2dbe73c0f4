import type { AvroCodec } from 'qcc-core/avro/codec';
import type { PassThroughFields, PassThroughRecord } from 'qcc-core/avro/pass-through-record';
import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import { orderAttributes } from 'qcc-core/base/tracing/span-attributes';
import { inSpan, outsideSpans, traceFields } from 'qcc-core/base/tracing/spans';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import type { Refusal } from 'qcc-core/kafka/client/refusal';
import { offsetsOn, type StoredRange } from 'qcc-core/kafka/client/send-once';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { openTracedBatch } from 'qcc-core/kafka/messages/traced-messages';
import type { FetchedMessage } from 'qcc-core/kafka/wire/fetched-records';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import type { DetailEndpoint } from 'qcc-details/detail-endpoint';
import { type DetailRequest, detailNeed } from 'qcc-details/detail-need';
import type { SettledResult } from 'qcc-details/detail-result';
import { judgeOutcome } from 'qcc-details/judge-outcome';
import { afterRefusals } from '../enrich/after-refusals.ts';
import type { Decision, PendingEntry } from '../enrich/decision.ts';
import { TransactionOutput } from '../enrich/transaction-output.ts';
import type { CallAdmission } from '../quota/admit-call.ts';
import type { DetailSource } from './detail-source.ts';
import { type DetailTask, LOOK_UP, type Progress } from './detail-task.ts';
import { createDueTimes, retryPauseMs } from './due-times.ts';
import { createEntryPages, type EntryCache, EntryMissingError } from './entry-pages.ts';
import type { LookupQueue } from './lookup-queue.ts';
import type { OddResponses } from './odd-responses.ts';
import type { RefusalProgress } from './refusal-progress.ts';
import { oddResponseDeadLetter, refusedDeadLetter } from './waiting-dead-letters.ts';

export type DetailResolverDeps = {
  prefix: string;
  endpoints: readonly DetailEndpoint[];
  source: Pick<DetailSource, 'lookUp'>;
  queue: LookupQueue;
  oddResponses: OddResponses;
  calls: Pick<CallAdmission, 'blockedBy'>;
  refusalProgress: (partition: number) => RefusalProgress;
  codec: Pick<AvroCodec, 'encode' | 'carry' | 'body'>;
  /** Of the instance. */
  cache: EntryCache;
  /** The messages of a partition of `pending-details` from an offset on (`PageReader`). */
  readPage(place: { partition: number; offset: number; signal: AbortSignal }): Promise<readonly FetchedMessage[]>;
  /** How long a change waits before its pending version is published. */
  waitMs: number;
  /** Milliseconds that the pauses between attempts grow to. */
  longestPauseMs: number;
  now: () => number;
  /** From 0 to 1, for jitter. */
  random: () => number;
  log: Pick<Log, 'warn' | 'error'>;
  metrics: Pick<Metrics, 'enriched' | 'pendingDetails' | 'deadLetters'>;
};

export type DetailResolver = {
  /**
   * Takes charge of entries that are committed on `pending-details` in the lane's partition, and of these objects.
   * @param whole The same entries in the same order, if they are at hand.
   */
  take(entries: Iterable<DetailTask>, whole?: readonly PendingEntry[]): void;
};

/** What to publish of a task; the rest is read when it is sent. `reason` is used if no attempt has given another one. */
type Update = { kind: 'settled'; result: SettledResult; deadLetter?: Outgoing } | { kind: 'pending'; reason: string };

const ODD_RESPONSE = 'DETAIL_ANSWER_UNKNOWN' satisfies DeadLetterReason;
/** Results that come this close together share a transaction, up to so many of them. */
const LINGER_MS = 10;
const MOST_PER_TRANSACTION = 500;
/** Of the records in a transaction. A single one may be larger. */
const MOST_BYTES_PER_TRANSACTION = 4 * 1_048_576;

/**
 * Settles the changes that wait for details in one partition: looks up those that are due, and again after growing pauses if QCC
 * gives no final response. It publishes the settled version of each change once and, after `waitMs`, a pending version before
 * that. If QCC's document does not explain the responses, the details fail, with a dead letter that holds the last one. Versions,
 * the state of the entry and the ledger's facts are one transaction of the lane; if it fails, the lane is broken and
 * the detail resolver ends, and the next lane starts from the last commit. Changes that Kafka refuses
 * for good are then sent in smaller transactions, until the change at fault is found: it goes on without details, or becomes
 * a dead letter.
 *
 * Records are read from the topic when they are due; the ones used last are in the cache. An entry that is not where it was
 * written breaks the lane, too.
 *
 * It ends when the lane does. It treats entries that were just written like those found after a restart.
 * @param tasks By key. The resolver owns the map from now on. It may already contain the tasks that `take` gets first, so that no second map
 *   holds them.
 */
export function createDetailResolver(
  deps: DetailResolverDeps,
  lane: Lane,
  tasks = new Map<string, DetailTask>(),
): DetailResolver {
  const { codec, calls, log, metrics, now } = deps;
  const { partition } = lane;
  const refused = deps.refusalProgress(partition);
  const unsent = new Map<DetailTask, Update>();
  let flushTimer: NodeJS.Timeout | undefined;
  const pages = createEntryPages({
    cache: deps.cache,
    codec,
    fetch: (offset) => deps.readPage({ partition, offset, signal: lane.signal }),
    placeOf: (key) => tasks.get(key),
  });

  const read = async (one: DetailTask): Promise<PendingEntry> => {
    try {
      return await pages.read(one);
    } catch (error) {
      if (error instanceof EntryMissingError) lane.abandon(error);
      throw error;
    }
  };

  /** What goes into the next transaction, with its entries. */
  const gather = async () => {
    const most = Math.min(MOST_PER_TRANSACTION, refused.search.most);
    const entries = new Map<DetailTask, PendingEntry>();
    let bytes = 0;
    for (const one of unsent.keys()) {
      if (entries.size >= most || bytes >= MOST_BYTES_PER_TRANSACTION) break;
      const entry = await read(one);
      entries.set(one, entry);
      bytes += entry.record.avro.length;
    }
    lane.signal.throwIfAborted();
    return Array.from(entries, ([one, entry]) => {
      const update = unsent.get(one)!;
      unsent.delete(one);
      return { one, key: one.key, update, record: entry.record, decision: decisionOf(one, update, entry) };
    });
  };

  const flush = async (): Promise<void> => {
    let batch: Awaited<ReturnType<typeof gather>>;
    try {
      batch = await gather();
    } catch (error) {
      // What it has to send cannot be read; the next lane reads all of it again.
      lane.abandon(error);
      return;
    }
    const keys = batch.map(({ key }) => key);
    const output = new TransactionOutput({ codec, partition });
    let stored: StoredRange[] = [];
    // Made while they are sent, many may share large details; what fails in that breaks the lane, too.
    const publish = () =>
      lane.transact(async (transaction) => {
        const decisions = batch.map(({ decision }) => decision);
        stored = await transaction.send(output.messages(decisions, now()));
      });
    const traced = openTracedBatch({ operation: 'send', topic: TOPICS.enrichedRecords, prefix: deps.prefix });
    // The messages carry the trace headers of their entries, so the sink has to distinguish only few spans of one trace.
    if (traced) for (const { record } of batch) traced.take(record.trace, record);
    try {
      await (traced ? traced.run(publish) : publish());
      refused.search.committed(keys);
      output.count(metrics);
      // Each decision has one message there.
      const offsets = offsetsOn({ topic: topicName(deps.prefix, TOPICS.pendingDetails), partition }, stored);
      for (const [at, { one, key, update, decision }] of batch.entries()) {
        one.offset = offsets[at]!;
        refused.settled.delete(key);
        if (decision.kind === 'refused') noteRefused(one, decision.deadLetter);
        else if (update.kind === 'settled' && update.deadLetter) metrics.deadLetters.inc({ reason: ODD_RESPONSE });
        if (decision.kind !== 'pending') pages.forget(one);
      }
    } catch (error) {
      if (refused.search.failed(keys, error)) {
        for (const { key, update } of batch) if (update.kind === 'settled') refused.settled.set(key, update);
      }
      // The lane is broken with it: nothing is sent any more.
      log.warn({ partition }, `${batch.length} details not published yet: ${describeError(error)}`);
    }
    flushTimer = undefined;
    flushSoon();
  };

  const decisionOf = (one: DetailTask, update: Update, entry: PendingEntry): Decision => {
    const toDeadLetter = (record: PassThroughRecord, refusal: Refusal) =>
      refusedDeadLetter(record, refusal, { prefix: deps.prefix, partition, now: now() });
    const refusals = refused.search.refusalsOf(one.key);
    return afterRefusals(toDecision(one, update, entry), refusals, { hasEntry: true, toDeadLetter });
  };

  /** Its dead letter is committed, so it waits for nothing any more. */
  const noteRefused = (one: DetailTask, deadLetter: Outgoing): void => {
    const reason = String(deadLetter.headers?.['qcc.dlq.reason']);
    const orderNo = deadLetter.headers?.['qcc.dlq.orderNo'];
    log.error(
      { orderNo, key: one.key, reason },
      `a change is not published: ${deadLetter.headers?.['qcc.dlq.message']}`,
    );
    metrics.deadLetters.inc({ reason });
    release(one);
  };

  const flushSoon = (): void => {
    if (unsent.size > 0 && !lane.signal.aborted) flushTimer ??= outsideSpans(() => setTimeout(flush, LINGER_MS));
  };

  /** A later update replaces one that was not sent: after a settled version the pending one is not needed. */
  const queueUpdate = (one: DetailTask, update: Update): void => {
    unsent.set(one, update);
    flushSoon();
  };

  const isOpen = (one: DetailTask): boolean => tasks.get(one.key) === one;

  const release = (one: DetailTask): void => {
    if (!isOpen(one)) return;
    deps.queue.remove(one);
    tasks.delete(one.key);
    metrics.pendingDetails.dec();
  };

  const settle = (one: DetailTask, result: SettledResult, deadLetter?: Outgoing): void => {
    release(one);
    queueUpdate(one, { kind: 'settled', result, ...(deadLetter && { deadLetter }) });
  };

  const failDetails = (
    one: DetailTask,
    record: PassThroughFields,
    result: SettledResult,
    failure: QccFailure,
  ): void => {
    if (!deps.oddResponses.mayFail(failure)) {
      tryAgain(one, failure.reason);
      return;
    }
    const { orderNo, trace } = record;
    log.error(
      { orderNo, key: one.key, reason: ODD_RESPONSE, ...traceFields(trace) },
      `details are given up: ${failure.message}`,
    );
    settle(one, result, oddResponseDeadLetter(record, failure, { prefix: deps.prefix, partition, now: now() }));
  };

  const overdue = createDueTimes<DetailTask>({
    now,
    onDue(late) {
      const reason = calls.blockedBy() ?? 'WAIT_EXCEEDED';
      for (const one of late) {
        if (isOpen(one)) queueUpdate(one, { kind: 'pending', reason });
      }
    },
  });

  const enqueue = (one: DetailTask): void => deps.queue.add(one);

  const retries = createDueTimes<DetailTask>({ now, onDue: (due) => due.filter(isOpen).forEach(enqueue) });

  const enqueueWhenDue = (one: DetailTask, at: number): void => {
    if (at > now()) retries.add(at, one);
    else enqueue(one);
  };

  const tryAgain = (one: DetailTask, reason: string): void => {
    const attempts = (one.progress?.attempts ?? 0) + 1;
    const nextAttemptAt = now() + Math.round(retryPauseMs(attempts, deps));
    one.progress = { unknownResponses: 0, ...one.progress, attempts, nextAttemptAt, reason };
    enqueueWhenDue(one, nextAttemptAt);
  };

  /** What a lookup needs of an entry. Not its record, which may be large and of which many are looked up at a time. */
  const begin = async (one: DetailTask): Promise<{ record: PassThroughFields; progress: Progress }> => {
    const { record, attempts, nextAttemptAt, reason } = await read(one);
    one.progress ??= { attempts, nextAttemptAt, unknownResponses: 0, reason };
    const { avro: _, ...fields } = record;
    return { record: fields, progress: one.progress };
  };

  /** Requests of QCC are children of its span. If an equal lookup makes the request, they are in the trace of that one. */
  const lookUp = (record: PassThroughFields, request: DetailRequest) => {
    const attributes = { ...orderAttributes(record), endpoint: request.endpoint.call.name };
    return inSpan({ name: 'look up details', attributes, parent: record.trace ?? null }, async (span) => {
      const outcome = await deps.source.lookUp(request);
      span.set({ outcome: outcome.kind });
      return outcome;
    });
  };

  const attempt = async (one: DetailTask): Promise<void> => {
    let order: { orderNo?: string } = {};
    try {
      const { record, progress } = await begin(one);
      order = { orderNo: record.orderNo, ...traceFields(record.trace) };
      if (lane.signal.aborted || !isOpen(one)) return;
      const need = detailNeed(deps.endpoints, record);
      if (need.kind === 'none') return settle(one, need.result);
      const known = refused.settled.get(one.key);
      if (known) return settle(one, known.result, known.deadLetter);
      const outcome = await lookUp(record, need.request);
      if (lane.signal.aborted || !isOpen(one)) return;
      if (outcome.kind === 'notAdmitted') return enqueue(one);
      deps.oddResponses.note(outcome);
      const verdict = judgeOutcome(outcome, progress.unknownResponses);
      progress.unknownResponses = outcome.kind === 'unknown' ? progress.unknownResponses + 1 : 0;
      switch (verdict.kind) {
        case 'settled':
          if (outcome.kind === 'unknown') return failDetails(one, record, verdict.result, outcome);
          return settle(one, verdict.result);
        case 'again':
          return tryAgain(one, verdict.reason);
        case 'blocked':
          progress.reason = verdict.reason;
          return enqueue(one);
        default:
          verdict satisfies never;
      }
    } catch (error) {
      if (lane.signal.aborted) return;
      log.error({ ...order, key: one.key }, `looking up details failed, it is tried again: ${describeError(error)}`);
      tryAgain(one, 'UNEXPECTED_ERROR');
    }
  };

  // The batch that adds a lookup to the queue is not its span.
  const self = { attempt: (one: DetailTask) => outsideSpans(() => attempt(one)) };
  /** Those just taken that may be looked up. */
  const due: DetailTask[] = [];
  const take = (one: DetailTask, whole?: PendingEntry): void => {
    const { admittedAt, nextAttemptAt, settled } = one.plan;
    one.plan = LOOK_UP;
    one.resolver = self;
    // Another task with this key already waits only if the change is on its topic twice.
    const former = tasks.get(one.key);
    if (former && former !== one) release(former);
    tasks.set(one.key, one);
    metrics.pendingDetails.inc();
    if (admittedAt !== null) {
      overdue.add(admittedAt + deps.waitMs, one);
      // It is needed soon. One whose pending version is published may wait for months.
      if (whole) pages.keep(one, whole);
    }
    // It makes no call, so it waits for no turn.
    if (settled) settle(one, settled);
    else if (nextAttemptAt > now()) retries.add(nextAttemptAt, one);
    else due.push(one);
  };

  const end = (): void => {
    clearTimeout(flushTimer);
    overdue.clear();
    retries.clear();
    for (const one of unsent.keys()) pages.forget(one);
    for (const one of tasks.values()) {
      pages.forget(one);
      release(one);
    }
  };
  if (!lane.signal.aborted) lane.signal.addEventListener('abort', end, { once: true });

  return {
    take(entries, whole = []) {
      if (lane.signal.aborted) return;
      let at = 0;
      for (const one of entries) take(one, whole[at++]);
      // The first that is added begins at once, so the urgent ones come first.
      for (const one of due.splice(0).toSorted((a, b) => a.urgency - b.urgency)) enqueue(one);
    },
  };
}

function toDecision(one: DetailTask, update: Update, entry: PendingEntry): Decision {
  const { record } = entry;
  if (update.kind === 'settled') return { ...update, record, hasEntry: true };
  const { attempts, nextAttemptAt, reason } = one.progress ?? entry;
  return {
    kind: 'pending',
    entry: { record, admittedAt: entry.admittedAt, published: false, attempts, nextAttemptAt, reason },
    reason: reason ?? update.reason,
  };
}
