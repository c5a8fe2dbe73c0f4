import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { describeError } from 'qcc-core/base/errors';
import { unlessAborted } from 'qcc-core/base/unless-aborted';
import { sinkGroup } from 'qcc-core/contract/group-names';
import { partitionName, TOPICS, topicName } from 'qcc-core/contract/topics';
import { type Batch, consume } from 'qcc-core/kafka/client/consume';
import { protocolErrorType } from 'qcc-core/kafka/client/errors';
import { watchLag } from 'qcc-core/kafka/client/watch-lag';
import { commitForGroup } from 'qcc-core/kafka/kafkajs-2.2.4/commit-for-group';
import { type Connections, createClickHouse, createKafka } from './connections.ts';
import { erase } from './core/erase.ts';
import { createFilter } from './core/match-filter.ts';
import { planStart } from './core/plan-start.ts';
import { createDecoder } from './decoder.ts';
import { ClosingError, SubscriptionError } from './errors.ts';
import { followErasures } from './follow-erasures.ts';
import { followPortfolio } from './follow-portfolio.ts';
import { toCoreLog } from './follow-topic.ts';
import { fetchStartFacts } from './group-offsets.ts';
import { createHandling, type Handling, type InnerHandler } from './handle-changes.ts';
import { createMetrics } from './metrics.ts';
import type { ChangeTopic, Log, RetryOptions, SubscribeOptions } from './options.ts';
import { readSnapshot } from './snapshot/read-snapshot.ts';
import { memoryStore } from './store/version-store.ts';

const SPECS = { 'enriched-records': TOPICS.enrichedRecords, records: TOPICS.records } as const;
const COMMIT_INTERVAL_MS = 1_000;
/** Between two looks at a group whose members may be about to end. */
const GROUP_PAUSE_MS = 1_000;

export type WorkInput<Topic extends ChangeTopic> = {
  options: SubscribeOptions<Topic>;
  connections: Connections;
  handler: InnerHandler<Topic>;
  handlerRetry: RetryOptions;
  /** No further change is started. The one that is being handled may end. */
  closing: AbortSignal;
  /** Nothing is waited for any more. */
  cut: AbortSignal;
  log: Log;
  onProblem(problem: string | null): void;
};

/**
 * Does the work of a subscription until `closing` aborts.
 * @throws SubscriptionError
 */
export async function work<Topic extends ChangeTopic>(input: WorkInput<Topic>): Promise<void> {
  const { options, connections, cut, log } = input;
  /** What ends the subscription with an error, once it has started. */
  let failure: SubscriptionError | undefined;
  const failing = new AbortController();
  const fail = (error: SubscriptionError): void => {
    failure ??= error;
    failing.abort(new ClosingError('the subscription ends with an error'));
  };
  const closing = AbortSignal.any([input.closing, failing.signal]);
  const { prefix } = connections;
  const { group } = options;
  const spec = SPECS[options.topic];
  const topic = topicName(prefix, spec);
  const metrics = createMetrics(options.metrics, { topic: options.topic, group });
  const health = createHealth(input.onProblem, () => metrics.error('environment'));
  const store = options.store ?? memoryStore();
  const filter = options.filter ?? {};

  await using resources = new AsyncDisposableStack();
  const kafka = createKafka(connections, { group, log });
  const decoder = createDecoder(connections.registry);
  const { sessionTimeoutMs } = connections.kafka;
  const follow = { kafka, prefix, group, decoder, sessionTimeoutMs, health, log };
  const portfolio = filter.portfolios && resources.use(await followPortfolio(follow, filter.portfolios));
  const erasures = resources.use(await followErasures(follow));
  const handling = createHandling<Topic>({
    topic: options.topic,
    delivery: {
      store,
      versions: options.versions ?? (options.from === 'earliest' || options.topic === 'records' ? 'all' : 'newest'),
      isErased: erasures.isErased,
      mismatch: createFilter(filter),
      portfoliosOf: portfolio ? portfolio.match : null,
    },
    decoder,
    handler: input.handler,
    retry: input.handlerRetry,
    onDeadLetter: options.onDeadLetter?.bind(options),
    metrics,
  });

  const eraseDeps = {
    withdraw: handling.withdraw,
    store,
    onErased: options.onErased?.bind(options),
    retry: options.retry ?? {},
    cut,
    onFailure: () => metrics.error('handler'),
  };
  // Before the first change, so that the handler gets nothing that was erased.
  const flush = async () => await store.flush?.();
  await erasures.start({
    erase: (erasure, signal) => erase({ ...eraseDeps, signal: AbortSignal.any([closing, signal]) }, erasure),
    flush,
    fail,
  });

  await begin({ ...input, closing, kafka, topic, handling, flush });
  if (failure) throw failure;
  if (closing.aborted) return;

  const noLag = (): void => metrics.lag(null);
  const setLag = (_: object, messages: number): void => metrics.lag(messages);
  resources.defer(noLag);
  resources.use(watchLag({ kafka, prefix, group, topics: [spec], lag: { reset: noLag, set: setLag } }));
  const ended = Promise.withResolvers<void>();
  closing.addEventListener('abort', () => ended.resolve(), { once: true });
  const commitIntervalMs = options.commitIntervalMs ?? COMMIT_INTERVAL_MS;
  /** Up to where this member has handled each partition since it joined. A batch that fails comes again from its beginning. */
  const handled = new Map<number, bigint>();
  /** For a partition that this member reads no more. It ends with the subscription, because consumers attach their reactions to it. */
  const never = new Promise<never>(() => {});
  let inFlight = 0;
  const idle = () => (inFlight === 0 ? Promise.resolve() : whenIdle.promise);
  let whenIdle = Promise.withResolvers<void>();

  const onBatch = async ({ partition, messages, nextOffset, commit, signal: lost }: Batch) => {
    const signal = AbortSignal.any([lost, cut]);
    let lastCommit = performance.now();
    let committed = false;
    const commitUpTo = async (offset: bigint): Promise<void> => {
      await store.flush?.();
      await commit(offset);
      lastCommit = performance.now();
      committed = true;
    };
    for (const message of messages) {
      const next = BigInt(message.offset) + 1n;
      if (next <= (handled.get(partition) ?? 0n)) continue;
      if (closing.aborted) {
        const done = handled.get(partition);
        if (done !== undefined) await commitUpTo(done);
        return { comesAgainAfter: never };
      }
      try {
        await unlessAborted(handling.message(message, partition, { signal, closing }), signal);
      } catch (error) {
        const done = handled.get(partition);
        if (error instanceof SubscriptionError) {
          fail(error);
          if (done !== undefined) await commitUpTo(done).catch(() => {});
          return { comesAgainAfter: never };
        }
        if (!lost.aborted && (closing.aborted || error instanceof ClosingError)) {
          if (done !== undefined) await commitUpTo(done);
          return { comesAgainAfter: never };
        }
        // The next owner begins behind what was handled, if the coordinator still takes the commit.
        if (lost.aborted && done !== undefined && !committed) await commitUpTo(done).catch(() => {});
        throw error;
      }
      handled.set(partition, next);
      committed = false;
      if (performance.now() - lastCommit >= commitIntervalMs) await commitUpTo(next);
    }
    if (!committed || handled.get(partition) !== nextOffset) await commitUpTo(nextOffset);
    handled.set(partition, nextOffset);
    return undefined;
  };

  const consumer = await consume({
    kafka,
    group,
    topics: [topic],
    sessionTimeoutMs,
    concurrency: options.concurrency ?? 1,
    commitsHidden: () => failure === undefined,
    // Changes that come again have versions that the store knows.
    whenTruncated: 'readAgain',
    onUnreadDeleted({ partition, position, start }) {
      if (options.from !== 'history') return;
      // The group's offset stays below the start of the log, so `planStart` begins again there.
      fail(
        new SubscriptionError(
          `retention deleted messages of ${partitionName({ topic, partition })} from offset ${position} up to ${start} that the group ${group} had not read; the next start reads the state again`,
        ),
      );
    },
    health,
    healthPart: topic,
    log: toCoreLog(log),
    onAssigned: () => handled.clear(),
    async onBatch(batch) {
      inFlight += 1;
      try {
        return await onBatch(batch);
      } finally {
        inFlight -= 1;
        if (inFlight === 0) {
          whenIdle.resolve();
          whenIdle = Promise.withResolvers();
        }
      }
    },
  });
  try {
    await ended.promise;
  } finally {
    await unlessAborted(idle(), cut).catch(() => {});
    await consumer[Symbol.asyncDispose]();
  }
  if (failure) throw failure;
}

type BeginInput<Topic extends ChangeTopic> = WorkInput<Topic> & {
  kafka: Kafka;
  topic: string;
  handling: Handling;
  /** Of the store. */
  flush(): Promise<void>;
};

/**
 * Brings a group that has not committed to where it begins. The offsets are committed after the snapshot was handled, so a crash before
 * that begins again, and the store knows what was handled. Another instance may do the same at the same time: then the first one
 * commits, and the other goes on with its offsets.
 */
async function begin<Topic extends ChangeTopic>(input: BeginInput<Topic>): Promise<void> {
  const { options, connections, kafka, topic, closing, log } = input;
  const { group, from } = options;
  const sink = from === 'history' ? sinkGroup(connections.prefix) : null;
  /** From before the snapshot: with offsets that were read later there would be a gap. */
  let captured: ReadonlyMap<number, bigint> | undefined;
  while (!closing.aborted) {
    const facts = await fetchStartFacts(kafka, { topic, group, sinkGroup: sink }).catch((cause) => {
      throw new SubscriptionError(`the offsets of ${topic} cannot be read: ${describeError(cause)}`, { cause });
    });
    const plan = planStart(from, facts);
    if (plan.kind === 'goOn') return;
    if (!captured) {
      if (plan.snapshot && !(await handleSnapshot(input))) return;
      captured = plan.offsets;
      // Meanwhile another instance may have committed, and its offsets must not go back.
      continue;
    }
    const isHeld = (partition: number, offset: bigint): boolean =>
      plan.offsets.has(partition) && offset >= (facts.log.get(partition)?.from ?? 0n);
    const offsets = new Map([...captured].filter(([partition, offset]) => isHeld(partition, offset)));
    // Other partitions are missing now, or retention has meanwhile passed the offsets.
    if (offsets.size === 0) {
      captured = undefined;
      continue;
    }
    try {
      await commitForGroup(kafka, { group, topic, offsets });
    } catch (error) {
      if (!BUSY.has(protocolErrorType(error) ?? ''))
        throw new SubscriptionError(`the offsets of ${group} cannot be committed: ${describeError(error)}`, {
          cause: error,
        });
      log.warn(`the group ${group} has members that have not committed; waiting for them to commit or to end`);
      await sleep(GROUP_PAUSE_MS, undefined, { signal: closing }).catch(() => {});
    }
  }
}

/** What the coordinator answers while the group has members. */
const BUSY = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS']);

/** @returns whether it was handled to its end */
async function handleSnapshot<Topic extends ChangeTopic>(input: BeginInput<Topic>): Promise<boolean> {
  const { options, connections, handling, closing, cut, log } = input;
  const client = createClickHouse(connections);
  try {
    const { database } = connections.clickhouse;
    const snapshot = { client, database, filter: options.filter ?? {}, signal: closing, onRetry: log.warn.bind(log) };
    let lastFlush = performance.now();
    for await (const rows of readSnapshot(snapshot)) {
      for (const row of rows) {
        if (closing.aborted) return false;
        await unlessAborted(handling.row(row, { signal: cut, closing }), cut);
        if (performance.now() - lastFlush < (options.commitIntervalMs ?? COMMIT_INTERVAL_MS)) continue;
        await input.flush();
        lastFlush = performance.now();
      }
    }
    return true;
  } catch (error) {
    if (closing.aborted) return false;
    throw error;
  } finally {
    // What was handled need not be handled again.
    await input.flush();
    await client.close();
  }
}

/** Says what keeps the subscription from reading. A part without a problem is not named. */
function createHealth(
  onProblem: (problem: string | null) => void,
  onError: () => void,
): { set(part: string, problem: string | null): void } {
  const problems = new Map<string, string>();
  return {
    set(part, problem) {
      if (problem === null) problems.delete(part);
      else {
        if (problems.get(part) !== problem) onError();
        problems.set(part, problem);
      }
      onProblem(problems.values().next().value ?? null);
    },
  };
}
