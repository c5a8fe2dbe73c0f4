import { type CarriedRecord, readCarriedRecord } from 'qcc-core/avro/carried-record';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { DetailEndpoint } from 'qcc-core/details/detail-endpoint';
import { detailNeed } from 'qcc-core/details/detail-need';
import { describeError } from 'qcc-core/errors';
import type { DeadLetterReason } from 'qcc-core/kafka/dead-letter';
import type { Lane } from 'qcc-core/kafka/lane';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import type { Refusal } from 'qcc-core/kafka/refusal';
import type { Log } from 'qcc-core/logs';
import type { Metrics } from 'qcc-core/metrics';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import { afterRefusals } from './after-refusals.ts';
import type { CallPermission } from './call-permission.ts';
import type { SettledResult } from './detail-result.ts';
import type { DetailSource } from './detail-source.ts';
import type { Emission, PendingEntry } from './emission.ts';
import { judgeOutcome } from './judge-outcome.ts';
import type { Job, LookupQueue } from './lookup-queue.ts';
import { occurrenceKey } from './occurrence-key.ts';
import { oddAnswerLetter } from './odd-answer-letter.ts';
import type { OddAnswers } from './odd-answers.ts';
import { Publication } from './publication.ts';
import { refusedLetter } from './refused-letter.ts';
import type { RefusedNews } from './refused-news.ts';
import { retryPauseMs } from './retry-pause.ts';
import { type Urgency, urgencyOf } from './urgency.ts';

export type SettlerDeps = {
  prefix: string;
  endpoints: readonly DetailEndpoint[];
  source: Pick<DetailSource, 'lookUp'>;
  queue: LookupQueue;
  oddAnswers: OddAnswers;
  permission: Pick<CallPermission, 'closedFor'>;
  refusedNews: (partition: number) => RefusedNews;
  codec: Pick<AvroCodec, 'encode' | 'carry'>;
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

export type Settler = {
  /** Takes charge of entries that stand, committed, on `pending-details` in the lane's partition. */
  take(entries: readonly PendingEntry[]): void;
};

/** Tens of thousands wait at a time, so each holds what it has to, and nothing that can be read from its record. */
type Waiting = {
  /** The Avro binary of its record, a byte a character: that takes its bytes and no more, and no part of a whole fetch. */
  record: string;
  urgency: Urgency;
  admittedAt: number;
  attempts: number;
  nextAttemptAt: number;
  /** In a row; not kept over restarts. */
  unknownAnswers: number;
  /** Why it is not settled, as far as an attempt has told. */
  reason: string | null;
  retryTimer?: NodeJS.Timeout;
  attempt: Job;
};

/** What is said of one that waits; the rest is read when it is sent. */
type News = { kind: 'settled'; result: SettledResult; deadLetter?: Outgoing } | { kind: 'pending'; reason: string };

const ODD_ANSWER = 'DETAIL_ANSWER_UNKNOWN' satisfies DeadLetterReason;
/** Results that come this close together share a transaction, up to so many of them. */
const LINGER_MS = 10;
/** A longer one ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const MOST_PER_TRANSACTION = 500;

/**
 * Settles what waits for its details in one partition: looks up what is due, again with growing pauses where QCC is not
 * done, publishes the settled version of each change once and, where it has waited `waitMs`, its pending version before
 * that. What was given up because nothing explains its answers comes with a dead letter that holds the last one. Versions,
 * the state of the entry and the ledger's facts are one transaction of the lane; when that fails the lane is lost, and with
 * it the settler, and whoever opens the lane next starts from what was committed. Changes that Kafka refuses for good are
 * then sent in smaller transactions, until the change at fault is found: it goes on without details, or becomes a dead letter.
 *
 * It ends when the lane does. It makes no difference between entries just admitted and those found after a restart.
 */
export function createSettler(deps: SettlerDeps, lane: Lane): Settler {
  const { codec, permission, log, metrics, now } = deps;
  const refused = deps.refusedNews(lane.partition);
  const waiting = new Set<Waiting>();
  /** Those of them whose pending version is not published, the one that waits longest first. */
  let unpublished = new Set<Waiting>();
  let newestAdmittedAt = 0;
  const unsent = new Map<Waiting, News>();
  let flushTimer: NodeJS.Timeout | undefined;
  let waitTimer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    const batch = [...unsent]
      .slice(0, Math.min(MOST_PER_TRANSACTION, refused.search.most))
      .map(([one, news]) => ({ one, news, ...emissionOf(one, news) }));
    for (const { one } of batch) unsent.delete(one);
    const keys = batch.map(({ key }) => key);
    const publication = new Publication({ codec, partition: lane.partition });
    try {
      // Made while they are sent, many may share large details; what fails in that loses the lane, too.
      await lane.transact((transaction) =>
        transaction.send(
          publication.messages(
            batch.map(({ emission }) => emission),
            now(),
          ),
        ),
      );
      refused.search.committed(keys);
      publication.count(metrics);
      for (const { one, key, news, emission } of batch) {
        refused.settled.delete(key);
        if (emission.kind === 'refused') noteRefused(one, key, emission.deadLetter);
        else if (news.kind === 'settled' && news.deadLetter) metrics.deadLetters.inc({ reason: ODD_ANSWER });
      }
    } catch (error) {
      if (refused.search.failed(keys, error)) {
        for (const { key, news } of batch) if (news.kind === 'settled') refused.settled.set(key, news);
      }
      // The lane is lost with it: nothing is sent any more.
      log.warn({ partition: lane.partition }, `${batch.length} details not published yet: ${describeError(error)}`);
    }
    flushTimer = undefined;
    flushSoon();
  };

  const emissionOf = (one: Waiting, news: News): { key: string; emission: Emission } => {
    const { record: own, emission } = toEmission(one, news);
    const { partition } = lane;
    const key = occurrenceKey(own);
    const toLetter = (record: CarriedRecord, refusal: Refusal) =>
      refusedLetter({ record, refusal, prefix: deps.prefix, partition, now: now() });
    return { key, emission: afterRefusals(emission, refused.search.refusalsOf(key), { waited: true, toLetter }) };
  };

  /** Its dead letter is committed, so it waits for nothing any more. */
  const noteRefused = (one: Waiting, key: string, letter: Outgoing): void => {
    const reason = String(letter.headers?.['qcc.dlq.reason']);
    log.error({ key, reason }, `a change is not published: ${letter.headers?.['qcc.dlq.message']}`);
    metrics.deadLetters.inc({ reason });
    release(one);
  };

  const flushSoon = (): void => {
    if (unsent.size > 0 && !lane.signal.aborted) flushTimer ??= setTimeout(flush, LINGER_MS);
  };

  /** Later news take the place of those that were not sent: a settled version makes the pending one needless. */
  const tell = (one: Waiting, news: News): void => {
    unsent.set(one, news);
    flushSoon();
  };

  const release = (one: Waiting): void => {
    if (!waiting.has(one)) return;
    clearTimeout(one.retryTimer);
    deps.queue.remove(one.attempt);
    unpublished.delete(one);
    waiting.delete(one);
    metrics.pendingDetails.dec();
  };

  const settle = (one: Waiting, result: SettledResult, deadLetter?: Outgoing): void => {
    release(one);
    tell(one, { kind: 'settled', result, ...(deadLetter && { deadLetter }) });
  };

  const giveUp = (one: Waiting, result: SettledResult, failure: QccFailure): void => {
    if (!deps.oddAnswers.mayGiveUp(failure)) {
      tryAgain(one, failure.reason);
      return;
    }
    const { partition } = lane;
    const record = recordOf(one);
    log.error({ key: occurrenceKey(record), reason: ODD_ANSWER }, `details are given up: ${failure.message}`);
    settle(one, result, oddAnswerLetter({ record, failure, prefix: deps.prefix, partition, now: now() }));
  };

  const publishOverdue = (): void => {
    waitTimer = undefined;
    for (const one of unpublished) {
      if (one.admittedAt + deps.waitMs > now()) break;
      unpublished.delete(one);
      tell(one, { kind: 'pending', reason: one.reason ?? permission.closedFor() ?? 'WAIT_EXCEEDED' });
    }
    awaitOverdue();
  };

  const awaitPublishing = (late: readonly Waiting[]): void => {
    const inOrder = late.toSorted((a, b) => a.admittedAt - b.admittedAt);
    for (const one of inOrder) unpublished.add(one);
    // Only what is found after a restart, or a clock that was put back, brings older ones.
    if ((inOrder[0]?.admittedAt ?? newestAdmittedAt) < newestAdmittedAt) {
      unpublished = new Set([...unpublished].toSorted((a, b) => a.admittedAt - b.admittedAt));
      clearTimeout(waitTimer);
      waitTimer = undefined;
    }
    newestAdmittedAt = Math.max(newestAdmittedAt, inOrder.at(-1)?.admittedAt ?? 0);
    awaitOverdue();
  };

  const awaitOverdue = (): void => {
    const [first] = unpublished;
    if (first)
      waitTimer ??= setTimeout(publishOverdue, Math.min(first.admittedAt + deps.waitMs - now(), LONGEST_TIMER_MS));
  };

  const enqueue = (one: Waiting): void => deps.queue.add(one.urgency, one.attempt);

  const enqueueWhenDue = (one: Waiting): void => {
    const pauseMs = one.nextAttemptAt - now();
    if (pauseMs > 0) one.retryTimer = setTimeout(() => enqueue(one), pauseMs);
    else enqueue(one);
  };

  const tryAgain = (one: Waiting, reason: string): void => {
    one.attempts += 1;
    one.reason = reason;
    one.nextAttemptAt = now() + Math.round(retryPauseMs(one.attempts, deps));
    enqueueWhenDue(one);
  };

  const attempt = async (one: Waiting): Promise<void> => {
    const record = recordOf(one);
    const need = detailNeed(deps.endpoints, record);
    // An earlier release put this entry here and would have asked QCC. This one makes no call, so it waits for no turn.
    if (need.kind === 'none') return settle(one, need.result);
    const known = refused.settled.get(occurrenceKey(record));
    if (known) return settle(one, known.result, known.deadLetter);
    try {
      const outcome = await deps.source.lookUp(need.request);
      if (lane.signal.aborted || !waiting.has(one)) return;
      if (outcome.kind === 'closed') return enqueue(one);
      deps.oddAnswers.note(outcome);
      const verdict = judgeOutcome(outcome, one.unknownAnswers);
      one.unknownAnswers = outcome.kind === 'unknown' ? one.unknownAnswers + 1 : 0;
      switch (verdict.kind) {
        case 'settled':
          if (outcome.kind === 'unknown') return giveUp(one, verdict.result, outcome);
          return settle(one, verdict.result);
        case 'again':
          return tryAgain(one, verdict.reason);
        case 'held':
          one.reason = verdict.reason;
          return enqueue(one);
        default:
          verdict satisfies never;
      }
    } catch (error) {
      if (lane.signal.aborted) return;
      log.error(
        { key: occurrenceKey(record) },
        `looking up details failed, it is tried again: ${describeError(error)}`,
      );
      tryAgain(one, 'UNEXPECTED_ERROR');
    }
  };

  const take = ({ record, ...entry }: PendingEntry): Waiting => {
    const { admittedAt, attempts, nextAttemptAt, reason } = entry;
    const one: Waiting = {
      record: record.avro.toString('latin1'),
      urgency: urgencyOf(record),
      admittedAt,
      attempts,
      nextAttemptAt,
      unknownAnswers: 0,
      reason,
      attempt: () => attempt(one),
    };
    waiting.add(one);
    metrics.pendingDetails.inc();
    return one;
  };

  const end = (): void => {
    clearTimeout(flushTimer);
    clearTimeout(waitTimer);
    for (const one of waiting) release(one);
  };
  if (!lane.signal.aborted) lane.signal.addEventListener('abort', end, { once: true });

  return {
    take(entries) {
      if (lane.signal.aborted) return;
      const taken = entries.map((entry) => ({
        one: take(entry),
        published: entry.published,
        isNeedless: detailNeed(deps.endpoints, entry.record).kind === 'none',
      }));
      awaitPublishing(taken.flatMap(({ one, published }) => (published ? [] : [one])));
      // The first that is added begins at once, so the urgent ones come first.
      for (const { one, isNeedless } of taken.toSorted((a, b) => a.one.urgency - b.one.urgency)) {
        if (isNeedless) void one.attempt();
        else enqueueWhenDue(one);
      }
    },
  };
}

const recordOf = ({ record }: Waiting): CarriedRecord => readCarriedRecord(Buffer.from(record, 'latin1'));

/** The record next to the emission, which has it in different places. */
function toEmission(one: Waiting, news: News): { record: CarriedRecord; emission: Emission } {
  const record = recordOf(one);
  if (news.kind === 'settled') return { record, emission: { ...news, record, waited: true } };
  const { admittedAt, attempts, nextAttemptAt, reason } = one;
  const entry = { record, admittedAt, published: false, attempts, nextAttemptAt, reason };
  return { record, emission: { ...news, entry } };
}
