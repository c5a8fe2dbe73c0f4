import type { AvroCodec } from 'qcc-core/avro/codec';
import type { DetailEndpoint } from 'qcc-core/details/detail-endpoint';
import { type DetailRequest, detailNeed } from 'qcc-core/details/detail-need';
import { describeError } from 'qcc-core/errors';
import type { DeadLetterReason } from 'qcc-core/kafka/dead-letter';
import type { Lane } from 'qcc-core/kafka/lane';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import type { Log } from 'qcc-core/logs';
import type { Metrics } from 'qcc-core/metrics';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import type { CallPermission } from './call-permission.ts';
import type { SettledResult } from './detail-result.ts';
import type { DetailSource } from './detail-source.ts';
import { countPublished, type Emission, type PendingEntry, toMessages } from './emission.ts';
import { judgeOutcome } from './judge-outcome.ts';
import type { LookupQueue } from './lookup-queue.ts';
import { occurrenceKey } from './occurrence-key.ts';
import { oddAnswerLetter } from './odd-answer-letter.ts';
import type { OddAnswers } from './odd-answers.ts';
import { retryPauseMs } from './retry-pause.ts';
import { urgencyOf } from './urgency.ts';

export type SettlerDeps = {
  prefix: string;
  endpoints: readonly DetailEndpoint[];
  source: Pick<DetailSource, 'lookUp'>;
  queue: LookupQueue;
  oddAnswers: OddAnswers;
  permission: Pick<CallPermission, 'closedFor'>;
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

type Waiting = {
  key: string;
  entry: PendingEntry;
  request: DetailRequest;
  attempts: number;
  nextAttemptAt: number;
  /** In a row; not kept over restarts. */
  unknownAnswers: number;
  /** Why it is not settled, as far as an attempt has told. */
  reason: string | null;
  waitTimer?: NodeJS.Timeout;
  retryTimer?: NodeJS.Timeout;
  leaveQueue?: () => void;
};

const ODD_ANSWER = 'DETAIL_ANSWER_UNKNOWN' satisfies DeadLetterReason;
/** Results that come this close together share a transaction, up to so many of them. */
const LINGER_MS = 10;
const MOST_PER_TRANSACTION = 500;

/**
 * Settles what waits for its details in one partition: looks up what is due, again with growing pauses where QCC is not
 * done, publishes the settled version of each change once and, where it has waited `waitMs`, its pending version before
 * that. What was given up because nothing explains its answers comes with a dead letter that holds the last one. Versions,
 * the state of the entry and the ledger's facts are one transaction of the lane; when that fails the lane is lost, and with
 * it the settler, and whoever opens the lane next starts from what was committed.
 *
 * It ends when the lane does. It makes no difference between entries just admitted and those found after a restart.
 */
export function createSettler(deps: SettlerDeps, lane: Lane): Settler {
  const { codec, permission, log, metrics, now } = deps;
  const waiting = new Map<string, Waiting>();
  const outbox = new Map<string, Emission>();
  let flushTimer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    const batch = [...outbox].slice(0, MOST_PER_TRANSACTION);
    for (const [key] of batch) outbox.delete(key);
    const emissions = batch.map(([, emission]) => emission);
    try {
      await lane.transact((transaction) =>
        transaction.send(toMessages({ codec, partition: lane.partition, at: now() }, emissions)),
      );
      countPublished(metrics, emissions);
      for (const emission of emissions) {
        if (emission.kind === 'settled' && emission.deadLetter) metrics.deadLetters.inc({ reason: ODD_ANSWER });
      }
    } catch (error) {
      // The lane is lost with it: nothing is sent any more.
      log.warn({ partition: lane.partition }, `${batch.length} details not published yet: ${describeError(error)}`);
    }
    flushTimer = undefined;
    flushSoon();
  };

  const flushSoon = (): void => {
    if (outbox.size > 0 && !lane.signal.aborted) flushTimer ??= setTimeout(flush, LINGER_MS);
  };

  /** A later emission takes the place of one that was not sent: a settled version makes the pending one needless. */
  const emit = (key: string, emission: Emission): void => {
    outbox.set(key, emission);
    flushSoon();
  };

  const release = (one: Waiting): void => {
    clearTimeout(one.waitTimer);
    clearTimeout(one.retryTimer);
    one.leaveQueue?.();
    waiting.delete(one.key);
    metrics.pendingDetails.dec();
  };

  const settle = (one: Waiting, result: SettledResult, deadLetter?: Outgoing): void => {
    release(one);
    const emission = { kind: 'settled', record: one.entry.record, result, waited: true } as const;
    emit(one.key, { ...emission, ...(deadLetter && { deadLetter }) });
  };

  const giveUp = (one: Waiting, result: SettledResult, failure: QccFailure): void => {
    if (!deps.oddAnswers.mayGiveUp(failure)) {
      tryAgain(one, failure.reason);
      return;
    }
    const { partition } = lane;
    log.error({ key: one.key, reason: ODD_ANSWER }, `details are given up: ${failure.message}`);
    settle(
      one,
      result,
      oddAnswerLetter({ record: one.entry.record, failure, prefix: deps.prefix, partition, now: now() }),
    );
  };

  const publishPending = (one: Waiting): void => {
    const reason = one.reason ?? permission.closedFor() ?? 'WAIT_EXCEEDED';
    const { attempts, nextAttemptAt } = one;
    emit(one.key, { kind: 'pending', entry: { ...one.entry, attempts, nextAttemptAt }, reason });
  };

  const enqueue = (one: Waiting): void => {
    one.leaveQueue = deps.queue.add(urgencyOf(one.entry.record), () => attempt(one));
  };

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
    try {
      const outcome = await deps.source.lookUp(one.request);
      if (lane.signal.aborted) return;
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
      log.error({ key: one.key }, `looking up details failed, it is tried again: ${describeError(error)}`);
      tryAgain(one, 'UNEXPECTED_ERROR');
    }
  };

  const take = (entry: PendingEntry): void => {
    const key = occurrenceKey(entry.record);
    const need = detailNeed(deps.endpoints, entry.record);
    if (need.kind === 'none') {
      // It waited for an endpoint that this release does not have.
      emit(key, { kind: 'settled', record: entry.record, result: { status: need.status }, waited: true });
      return;
    }
    const { attempts, nextAttemptAt, reason } = entry;
    const one: Waiting = { key, entry, request: need.request, attempts, nextAttemptAt, reason, unknownAnswers: 0 };
    waiting.set(key, one);
    metrics.pendingDetails.inc();
    if (!entry.published) one.waitTimer = setTimeout(() => publishPending(one), entry.admittedAt + deps.waitMs - now());
    enqueueWhenDue(one);
  };

  const end = (): void => {
    clearTimeout(flushTimer);
    for (const one of waiting.values()) release(one);
  };
  if (!lane.signal.aborted) lane.signal.addEventListener('abort', end, { once: true });

  return {
    take(entries) {
      if (lane.signal.aborted) return;
      // The first that is taken begins at once, so the urgent ones come first.
      for (const entry of entries.toSorted((a, b) => urgencyOf(a.record) - urgencyOf(b.record))) take(entry);
    },
  };
}
