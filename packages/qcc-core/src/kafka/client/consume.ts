import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, ConsumerConfig, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from 'pino';
import { backoffMs } from '../../base/backoff.ts';
import { describeError } from '../../base/errors.ts';
import type { Health } from '../../base/health.ts';
import { partitionName } from '../../contract/topics.ts';
import { epochsOf } from '../kafkajs-2.2.4/batch-epochs.ts';
import '../kafkajs-2.2.4/hand-over-filtered.ts';
import { LogTruncatedError, type UnreadDeleted, unreadDeleted } from '../kafkajs-2.2.4/refuse-reset.ts';
import { type EpochRun, epochBefore } from '../wire/leader-epochs.ts';
import { innermostCause, LaneBrokenError, protocolErrorType } from './errors.ts';
import { joinLimitMs, rebalanceTimeoutMs } from './open-kafka.ts';
import { commitMetadata, createReadPositions } from './read-positions.ts';
import { watchMembership } from './watch-membership.ts';

export type Batch = {
  topic: string;
  partition: number;
  messages: KafkaMessage[];
  /** The offset to commit once all of it is done; control records at the end of the batch are included. */
  nextOffset: bigint;
  /** Where the partition ended when the batch was read. */
  endOffset: bigint;
  /** Of the fetched messages up to `nextOffset`; some may be before this batch. */
  leaderEpochs: readonly EpochRun[];
  /**
   * Commits an offset for the group, by default `nextOffset`. The next member can tell whether the brokers have lost messages below it.
   * Call it with an offset inside the batch if only the messages below it are done.
   */
  commit(offset?: bigint): Promise<void>;
  /** Aborts when the partition is about to be lost, or the consumer or the service ends; finish or give up quickly then. */
  signal: AbortSignal;
};

/**
 * Sets where a member reads on in a partition that it owns.
 * @param leaderEpoch Of the last message before that offset, if it is known.
 */
export type Seek = (position: Parameters<Consumer['seek']>[0], leaderEpoch?: number | null) => void;

/** Partitions per topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

export type ConsumeInput = {
  kafka: Kafka;
  group: string;
  /**
   * Reads its topics whole, in a separate group that never commits. If such a member joins again, kafkajs usually reads from
   * the start, but a batch that was under way may move the position on. So each membership has its own consumer and group.
   * After `onAssigned` names partitions, every message that they hold is delivered.
   */
  readsAll?: {
    /** Called and awaited before each membership. If it throws, the membership is tried again later. */
    beforeJoin?(): Promise<void>;
  };
  /**
   * Called if the brokers have lost messages that were already read. `end` is the offset up to which the log is unchanged. The member
   * keeps its partitions until the promise settles; it may reject. A member that reads whole topics reads the partition again from
   * its beginning. `goesOn` means that no completed work is lost, so the member keeps reading the partition from where `seek` sets.
   */
  onTruncated?(place: { topic: string; partition: number; end: string }): Promise<'goesOn' | undefined>;
  /**
   * What a member of a shared group does with a partition whose log lost messages that were read (unclean election, or the topic
   * was created again):
   * - `withhold` (default): this process stops reading the partition and reports that in `health`. Other messages get the
   *   offsets of the lost ones, so a person has to decide which messages are new;
   * - `readAgain`: it reads the partition from its beginning. For consumers that may do a message twice.
   */
  whenTruncated?: 'withhold' | 'readAgain';
  /** What a person can do if retention deleted messages that the group had not read, for the log. */
  remedyIfDeleted?: string;
  /** Called in that case, before the messages behind the deleted ones are delivered. */
  onUnreadDeleted?(deleted: UnreadDeleted): void;
  /** Whether `seek` sets where this member reads on in each partition. Otherwise it reads on where its group has committed. */
  seeks?: true;
  /**
   * Whether the offset of a batch that has only control records and aborted messages is committed too; asked for each such batch.
   * Otherwise a group that has read everything may show a lag, until the next message comes.
   */
  commitsHidden?(): boolean;
  topics: readonly string[];
  config?: Partial<ConsumerConfig>;
  sessionTimeoutMs: number;
  /** Partitions that are worked on at the same time. */
  concurrency: number;
  /**
   * Processes a batch. If it returns, all of the batch is done, and its offsets are committed or need no commit: the consumer
   * continues after it. If it throws, nothing of the batch is done: it is delivered again after a pause that grows. If it returns
   * `comesAgainAfter`, the batch is delivered again when that promise settles. During a pause the consumer reads its other partitions.
   */
  onBatch(batch: Batch): Promise<undefined | { comesAgainAfter: Promise<unknown> }>;
  /**
   * Called with the partitions per topic that this member owns now: after each (re)join, when the consumer ended, and when the
   * coordinator has not responded for the session timeout. By then the coordinator has given the partitions to other members.
   */
  onAssigned?(assignment: Assignment, seek: Seek): void;
  health: Pick<Health, 'set'>;
  healthPart: string;
  log: Pick<Logger, 'warn' | 'error'>;
};

/**
 * The longest wait for new messages. Between two fetches, kafkajs sends heartbeats, rejoins its group and stops. A member of a
 * shared group must not delay these.
 */
const FETCH_WAIT_MS = { group: 250, readsAll: 1_000 } as const;
/** kafkajs asks for leaders again after an error. This interval is for changes that cause no error. */
const METADATA_MAX_AGE_MS = 20_000;
/** Between the end of a consumer and the next one; the pause grows until a batch is done. */
const RESTART_PAUSE_MS = { first: 1_000, most: 5_000 } as const;
/**
 * After these responses to a commit, kafkajs may go on with its former coordinator or membership: a JoinGroup that meets
 * COORDINATOR_LOAD_IN_PROGRESS moves the heartbeats to the new coordinator, and leaves the commits at the old one.
 */
const NEEDS_NEW_CONSUMER = new Set(['NOT_COORDINATOR_FOR_GROUP', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION']);
/** kafkajs has one name for both kinds of coordinators. A broken lane is replaced separately, with its own connections. */
const needsNewConsumer = (error: unknown): boolean =>
  !(error instanceof LaneBrokenError) && NEEDS_NEW_CONSUMER.has(protocolErrorType(error) ?? '');
/** A broker that has just started returns these errors for some seconds. Nothing is wrong, and the next consumer joins. */
const NOT_READY_YET = new Set(['GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE']);
/** Below the eight seconds in which a service has to end. */
const END_LIMIT_MS = 6_000;
/** Between two checks for lost messages in partitions that deliver nothing. */
const IDLE_CHECK_MS = 30_000;
const FAILURE_PAUSE_MS = { first: 100, most: 5_000 } as const;

/**
 * Consumes until disposed. Commits nothing by itself. It replaces a consumer that ended, did not join in time, gets no
 * heartbeat answered, or commits to the wrong coordinator. Heartbeats keep the membership alive during a long batch. A partition
 * whose messages the brokers lost is handled as `whenTruncated` says. `health` says whether all of this works.
 */
export async function consume(input: ConsumeInput): Promise<AsyncDisposable> {
  const { health, healthPart, log } = input;
  const stopping = new AbortController();
  let consumer: Consumer | undefined;
  /** Aborts with the consumer. */
  let ended = new AbortController();
  /** Problems by partition, because a success in one partition must not hide the failure of another. */
  const failures = new Map<string, { inRow: number; problem: string; nextOffset?: bigint }>();
  /** Partitions whose log lost messages that this member's group had read. */
  const truncated = new Map<string, LogTruncatedError>();
  /** Partitions that are read again from offset 0. Messages at the beginning that retention deleted were read before. */
  const readAgain = new Set<string>();
  let restartsInRow = 0;
  const firstProblem = () => failures.values().next().value?.problem ?? null;
  let assigned: Assignment = {};
  const positions = createReadPositions({
    kafka: input.kafka,
    group: input.readsAll || input.seeks ? undefined : input.group,
  });
  /** Partitions whose position `seek` has set since their last batch came. */
  const sought = new Set<string>();
  const seek: Seek = (position, leaderEpoch = null) => {
    consumer?.seek(position);
    positions.set(position, BigInt(position.offset), leaderEpoch);
    sought.add(partitionName(position));
    // The commit of the failed batch had no response, but it succeeded: the batch is not delivered again.
    const name = partitionName(position);
    const failed = failures.get(name)?.nextOffset;
    if (failed === undefined || failed > BigInt(position.offset)) return;
    failures.delete(name);
    health.set(healthPart, firstProblem());
  };
  const tellAssigned = (): void => input.onAssigned?.(assigned, seek);
  const release = (): void => {
    assigned = {};
    tellAssigned();
  };

  /** Each start has a number, so that one that hung and was replaced does nothing when it goes on. */
  let starts = 0;
  const start = async (): Promise<void> => {
    starts += 1;
    const number = starts;
    try {
      await join(() => number === starts);
    } catch (error) {
      if (number === starts) await restart(error);
    }
  };

  const join = async (isNewest: () => boolean): Promise<void> => {
    await input.readsAll?.beforeJoin?.();
    if (!isNewest() || stopping.signal.aborted) return;
    const current = input.kafka.consumer({
      groupId: input.readsAll ? `${input.group}.${randomUUID()}` : input.group,
      sessionTimeout: input.sessionTimeoutMs,
      heartbeatInterval: Math.max(200, Math.floor(input.sessionTimeoutMs / 10)),
      rebalanceTimeout: rebalanceTimeoutMs(input.sessionTimeoutMs),
      metadataMaxAge: METADATA_MAX_AGE_MS,
      maxWaitTimeInMs: Math.min(
        input.readsAll ? FETCH_WAIT_MS.readsAll : FETCH_WAIT_MS.group,
        input.sessionTimeoutMs / 4,
      ),
      readUncommitted: false,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 50, maxRetryTime: 2_000, retries: 5, restartOnFailure: async () => false },
      ...input.config,
    });
    consumer = current;
    ended = new AbortController();
    const currentEnded = AbortSignal.any([ended.signal, stopping.signal]);
    let hasJoined = false;
    const membership = watchMembership(current, {
      sessionTimeoutMs: input.sessionTimeoutMs,
      signal: currentEnded,
      onLost(why) {
        // If this consumer went on, it would repeatedly take its partitions back from their new owners.
        if (why === 'joining') {
          health.set(healthPart, `the consumer of ${input.topics.join(', ')} joins its group again`);
          release();
        } else if (why === 'silence')
          void restart(new Error(`no heartbeat was answered for ${input.sessionTimeoutMs} ms`));
        else if (why === 'halfJoined')
          void restart(new Error('the group has this member, which does not know its partitions'));
        else
          void restart(new Error(`the group was not joined within ${joinLimitMs(input.sessionTimeoutMs) / 1_000} s`));
      },
    });
    const crashed = new Promise<Error>((resolve) => {
      current.on(current.events.CRASH, ({ payload }) => resolve(payload.error));
    });
    current.on(current.events.GROUP_JOIN, ({ payload }) => {
      if (currentEnded.aborted) return;
      membership.joined();
      if (input.readsAll && hasJoined) {
        log.warn(`the group of ${input.topics.join(', ')} had to be joined again: its topics are read again`);
        void replace();
        return;
      }
      hasJoined = true;
      assigned = payload.memberAssignment;
      if (!input.seeks) positions.forgetAll();
      for (const name of failures.keys()) if (!isAssigned(assigned, name)) failures.delete(name);
      for (const [name, lost] of truncated) {
        if (isAssigned(assigned, name)) handleTruncated(current, name, lost);
        // Its next owner finds the loss by itself.
        else if (input.whenTruncated === 'readAgain') truncated.delete(name);
      }
      health.set(healthPart, firstProblem());
      tellAssigned();
    });
    await current.connect();
    if (currentEnded.aborted) return;
    await current.subscribe({ topics: [...input.topics], fromBeginning: true });
    await current.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: input.concurrency,
      eachBatch: async ({ batch, heartbeat, pause, resolveOffset, isRunning, isStale }) => {
        if (!isRunning() || isStale()) return;
        if (currentEnded.aborted) {
          // kafkajs would fetch the same messages again at once, for as long as this consumer has not ended.
          pause();
          return;
        }
        const name = partitionName(batch);
        const { topic, partition } = batch;
        const nextOffset = BigInt(batch.lastOffset()) + 1n;
        const leaderEpochs = epochsOf(batch);
        const leaderEpoch = epochBefore(leaderEpochs, nextOffset);
        const aborter = new AbortController();
        // A heartbeat fails if the group rebalances. kafkajs itself reports that only after all batches have ended.
        let lost: unknown;
        const beat = setInterval(() => {
          // The group must not wait for the member of a consumer that was replaced.
          if (currentEnded.aborted) return;
          heartbeat().catch((error: unknown) => {
            lost ??= error;
            aborter.abort(new Error('the membership of the group is lost', { cause: error }));
          });
        }, input.sessionTimeoutMs / 8);
        const signal = AbortSignal.any([aborter.signal, currentEnded]);
        const goOnBehind = (): void => {
          resolveOffset(batch.messages.at(-1)?.offset ?? batch.lastOffset());
          if (!currentEnded.aborted && !sought.has(name)) positions.set(batch, nextOffset, leaderEpoch);
          if (failures.delete(name)) health.set(healthPart, firstProblem());
        };
        const commit = (offset = nextOffset): Promise<void> => {
          const metadata = commitMetadata(epochBefore(leaderEpochs, offset));
          return current.commitOffsets([{ topic, partition, offset: String(offset), metadata }]);
        };
        sought.delete(name);
        try {
          await positions.check(batch, leaderEpochs, signal);
          if (batch.messages.length === 0) {
            if (input.commitsHidden?.()) await commit();
            goOnBehind();
            return;
          }
          const postponed = await input.onBatch({
            topic,
            partition,
            messages: batch.messages,
            nextOffset,
            endOffset: BigInt(batch.highWatermark),
            leaderEpochs,
            commit,
            signal,
          });
          if (postponed) {
            const resume = pause();
            postponed.comesAgainAfter.then(resume, resume);
            return;
          }
          goOnBehind();
          restartsInRow = 0;
        } catch (error) {
          // kafkajs knows what to do with its own rebalancing errors only if it gets them as they were.
          if (lost !== undefined) throw lost;
          if (currentEnded.aborted) return;
          // Another member processes the batch, so its failure here must not affect readiness.
          if (!isAssigned(assigned, name)) return;
          const inRow = (failures.get(name)?.inRow ?? 0) + 1;
          const problem = `${name}: ${describeError(error)}`;
          failures.set(name, { inRow, problem, nextOffset });
          health.set(healthPart, firstProblem());
          log.error({ topic, partition, failuresInRow: inRow }, `batch not done, it is retried: ${problem}`);
          if (needsNewConsumer(error) || lossOf(error)) {
            // Not awaited: the consumer waits for this batch before it ends.
            void restart(error);
            return;
          }
          // kafkajs fetches from a broker again only when all batches of its response have ended. So the partition pauses,
          // not the batch.
          const pauseMs = backoffMs(FAILURE_PAUSE_MS, inRow);
          setTimeout(pause(), pauseMs).unref();
        } finally {
          clearInterval(beat);
        }
      },
    });
    // kafkajs ignores a disconnect while the consumer joins its group. The consumer would remain a member that does nothing.
    if (currentEnded.aborted) void current.disconnect().catch(() => {});
    void crashed.then(async (error) => {
      if (!currentEnded.aborted) return await restart(error);
      // This consumer was replaced for another reason while it verified that messages are lost.
      const lost = lossOf(error);
      if (!lost || stopping.signal.aborted) return;
      await noteLoss(lost);
      const name = partitionName(lost);
      // The new consumer has joined without knowing of the loss.
      if (truncated.has(name) && isAssigned(assigned, name)) await replace();
    });
  };

  const handleTruncated = (current: Consumer, name: string, lost: LogTruncatedError): void => {
    const { topic, partition } = lost;
    if (input.whenTruncated === 'readAgain') {
      truncated.delete(name);
      positions.forget(lost);
      readAgain.add(name);
      current.seek({ topic, partition, offset: '0' });
      log.error({ topic, partition }, `${name} is read again from its beginning: ${lost.message}`);
    } else {
      current.pause([{ topic, partitions: [partition] }]);
      failures.set(name, { inRow: 0, problem: `${lost.message}. This instance does not read it any more` });
    }
  };

  const restart = async (error: unknown): Promise<void> => {
    if (stopping.signal.aborted) return;
    health.set(healthPart, `the consumer of ${input.topics.join(', ')} ended: ${describeError(error)}`);
    const level = NOT_READY_YET.has(protocolErrorType(error) ?? '') ? 'warn' : 'error';
    log[level](`the consumer of ${input.topics.join(', ')} ended and is replaced: ${describeError(error)}`);
    await replace(lossOf(error));
  };

  const noteLoss = async (lost: LogTruncatedError | undefined): Promise<void> => {
    if (!lost) return;
    positions.forget(lost);
    if (!input.readsAll) truncated.set(partitionName(lost), lost);
    try {
      if ((await input.onTruncated?.(lost)) === 'goesOn') truncated.delete(partitionName(lost));
    } catch (error) {
      log.error(`${lost.message}: ${describeError(error)}`);
    }
  };

  let isReplacing = false;
  const replace = async (lost?: LogTruncatedError): Promise<void> => {
    // Several things may find out at the same time that a consumer has ended.
    if (isReplacing) return;
    isReplacing = true;
    const old = consumer;
    consumer = undefined;
    ended.abort(new Error('another consumer takes its place'));
    await noteLoss(lost);
    // The group gives its partitions to other members, which may process them before this one has joined again.
    release();
    void old?.disconnect().catch(() => {});
    const pauseMs = backoffMs(RESTART_PAUSE_MS, restartsInRow);
    restartsInRow += 1;
    await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
    isReplacing = false;
    if (stopping.signal.aborted) return;
    await start();
  };

  const idleCheck = setInterval(async () => {
    const current = consumer;
    // If the brokers do not answer, this check is skipped. The next one follows soon.
    const loss = await positions.findLoss(placesOf(assigned)).catch(() => undefined);
    if (loss && current === consumer) await restart(loss);
  }, IDLE_CHECK_MS).unref();
  stopping.signal.addEventListener('abort', () => clearInterval(idleCheck), { once: true });

  const logDeleted = (deleted: unknown): void => {
    const { groupId, topic, partition, position, start } = deleted as UnreadDeleted;
    const name = partitionName({ topic, partition });
    if (groupId !== input.group || (position === '0' && readAgain.has(name))) return;
    const what = `${name} goes on at offset ${start}: retention deleted messages from offset ${position} on that ${groupId} had not read`;
    const { remedyIfDeleted } = input;
    log.error({ topic, partition, position, start }, remedyIfDeleted ? `${what}. ${remedyIfDeleted}` : what);
    input.onUnreadDeleted?.(deleted as UnreadDeleted);
  };
  unreadDeleted.subscribe(logDeleted);

  health.set(healthPart, `the consumer of ${input.topics.join(', ')} has not joined its group yet`);
  await start();
  return {
    async [Symbol.asyncDispose]() {
      unreadDeleted.unsubscribe(logDeleted);
      stopping.abort(new Error('the service ends'));
      // Anything that kafkajs still waits for ends with the process.
      await Promise.race([consumer?.disconnect(), sleep(END_LIMIT_MS, undefined, { ref: false })]);
    },
  };
}

function lossOf(error: unknown): LogTruncatedError | undefined {
  const cause = innermostCause(error);
  return cause instanceof LogTruncatedError ? cause : undefined;
}

const placesOf = (assignment: Assignment): { topic: string; partition: number }[] =>
  Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));

const isAssigned = (assignment: Assignment, name: string): boolean =>
  placesOf(assignment).some((place) => partitionName(place) === name);
