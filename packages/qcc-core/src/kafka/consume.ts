import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, ConsumerConfig, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from 'pino';
import { describeError } from '../errors.ts';
import type { Health } from '../health.ts';
import { partitionName } from './topics.ts';

export type Batch = {
  topic: string;
  partition: number;
  messages: KafkaMessage[];
  /** The offset to commit once all of it is done; control records at the end of the batch are included. */
  nextOffset: bigint;
  /** Where the partition ended when the batch was read. */
  endOffset: bigint;
  /** Aborts when the partition is about to be lost, or the consumer or the service ends; finish or give up quickly then. */
  signal: AbortSignal;
};

export type ConsumeInput = {
  kafka: Kafka;
  group: string;
  /**
   * Reads its topics whole, in a group of its own that never commits. kafkajs begins at the start again whenever such a
   * member joins again, and not always: what was under way may move it on. So each membership has a consumer, and a group,
   * to itself; once `onAssigned` has told of partitions, what comes is all that they hold.
   */
  readsAll?: true;
  topics: readonly string[];
  config?: Partial<ConsumerConfig>;
  sessionTimeoutMs: number;
  /** Partitions that are worked on at the same time. */
  concurrency: number;
  /**
   * Does the batch. Returning means that all of it is done and its offsets are committed, or need no commit: the
   * consumer goes on behind it. Throwing means that nothing is: the batch comes again, after a pause that grows.
   */
  onBatch(batch: Batch, consumer: Consumer): Promise<void>;
  /** Told after each (re)join, and when the consumer ended: the partitions per topic that this member has now. */
  onAssigned?(assignment: Readonly<Record<string, readonly number[]>>): void;
  health: Pick<Health, 'set'>;
  healthPart: string;
  log: Logger;
};

/**
 * A fetch is answered as soon as there is something. kafkajs looks after its membership between fetches, and ends between them:
 * who shares a group must not wait long for either.
 */
const FETCH_WAIT_MS = { group: 250, readsAll: 1_000 } as const;
const RESTART_PAUSE_MS = 1_000;
const FAILURE_PAUSE_MS = { first: 100, most: 5_000 } as const;

/**
 * Consumes until disposed. kafkajs gives up on some errors and commits nothing by itself here; this loop makes three
 * things of it that the services need: it restarts whatever ended the consumer, it keeps the membership alive by
 * heartbeats while a batch takes long, and it states in `health` whether the consumer works.
 */
export async function consume(input: ConsumeInput): Promise<AsyncDisposable> {
  const { health, healthPart, log } = input;
  const stopping = new AbortController();
  let consumer: Consumer | undefined;
  /** Aborts with the consumer. */
  let ended = new AbortController();
  /** Partitions whose batch was not done: one that is well must not speak for one that is not. */
  const failures = new Map<string, { inRow: number; problem: string }>();
  const firstProblem = () => failures.values().next().value?.problem ?? null;

  const start = async (): Promise<void> => {
    const current = input.kafka.consumer({
      groupId: input.readsAll ? `${input.group}.${randomUUID()}` : input.group,
      sessionTimeout: input.sessionTimeoutMs,
      heartbeatInterval: Math.max(200, Math.floor(input.sessionTimeoutMs / 10)),
      rebalanceTimeout: Math.max(10_000, input.sessionTimeoutMs * 2),
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
    const { signal: currentEnded } = ended;
    let hasJoined = false;
    const crashed = new Promise<Error>((resolve) => {
      current.on(current.events.CRASH, ({ payload }) => resolve(payload.error));
    });
    current.on(current.events.GROUP_JOIN, ({ payload }) => {
      if (currentEnded.aborted) return;
      if (input.readsAll && hasJoined) {
        log.warn(`the group of ${input.topics.join(', ')} had to be joined again: the reading begins anew`);
        void replace();
        return;
      }
      hasJoined = true;
      for (const name of failures.keys()) if (!isAssigned(payload.memberAssignment, name)) failures.delete(name);
      health.set(healthPart, firstProblem());
      input.onAssigned?.(payload.memberAssignment);
    });
    await current.connect();
    await current.subscribe({ topics: [...input.topics], fromBeginning: true });
    await current.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: input.concurrency,
      eachBatch: async ({ batch, heartbeat, resolveOffset, isRunning, isStale }) => {
        if (!isRunning() || isStale()) return;
        const name = partitionName(batch);
        const aborter = new AbortController();
        // Where the group rebalances, a heartbeat says so; kafkajs tells of it only when every batch has ended.
        let lost: unknown;
        const beat = setInterval(() => {
          heartbeat().catch((error: unknown) => {
            lost ??= error;
            aborter.abort(new Error('the membership of the group is lost', { cause: error }));
          });
        }, input.sessionTimeoutMs / 8);
        try {
          await input.onBatch(
            {
              topic: batch.topic,
              partition: batch.partition,
              messages: batch.messages,
              nextOffset: BigInt(batch.lastOffset()) + 1n,
              endOffset: BigInt(batch.highWatermark),
              signal: AbortSignal.any([aborter.signal, currentEnded, stopping.signal]),
            },
            current,
          );
          resolveOffset(batch.messages.at(-1)?.offset ?? batch.lastOffset());
          if (failures.delete(name)) health.set(healthPart, firstProblem());
        } catch (error) {
          // kafkajs knows what to do with its own rebalancing errors only if it gets them as they were.
          if (lost !== undefined) throw lost;
          if (stopping.signal.aborted || currentEnded.aborted) return;
          const inRow = (failures.get(name)?.inRow ?? 0) + 1;
          const problem = `${name}: ${describeError(error)}`;
          failures.set(name, { inRow, problem });
          health.set(healthPart, firstProblem());
          log.error(
            { topic: batch.topic, partition: batch.partition, failuresInRow: inRow },
            `batch not done, comes again: ${problem}`,
          );
          const pauseMs = Math.min(FAILURE_PAUSE_MS.most, FAILURE_PAUSE_MS.first * 2 ** Math.min(inRow, 10));
          await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
          if (lost !== undefined) throw lost;
        } finally {
          clearInterval(beat);
        }
      },
    });
    void crashed.then((error) => {
      if (!currentEnded.aborted) return restart(error);
    });
  };

  const restart = async (error: unknown): Promise<void> => {
    if (stopping.signal.aborted) return;
    health.set(healthPart, `the consumer of ${input.topics.join(', ')} ended: ${describeError(error)}`);
    log.error(`the consumer of ${input.topics.join(', ')} ended and is started anew: ${describeError(error)}`);
    await replace();
  };

  const replace = async (): Promise<void> => {
    const old = consumer;
    consumer = undefined;
    ended.abort(new Error('another consumer takes its place'));
    // The group gives its partitions to others, who may be at work before this one has joined again.
    input.onAssigned?.({});
    void old?.disconnect().catch(() => {});
    await sleep(RESTART_PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
    if (stopping.signal.aborted) return;
    await start().catch(restart);
  };

  health.set(healthPart, `the consumer of ${input.topics.join(', ')} has not joined its group yet`);
  await start().catch(restart);
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the service ends'));
      await consumer?.disconnect();
    },
  };
}

const isAssigned = (assignment: Readonly<Record<string, readonly number[]>>, name: string): boolean =>
  Object.entries(assignment).some(([topic, partitions]) =>
    partitions.some((partition) => partitionName({ topic, partition }) === name),
  );
