import { setImmediate } from 'node:timers/promises';
import type { Kafka, Transaction as KafkaTransaction, Producer, TopicMessages } from 'kafkajs';
import pRetry from 'p-retry';
import { type Outbox, PackedOutbox } from './outbox.ts';
import type { AnyOutgoing } from './outgoing.ts';

/** What a transaction's body may do. */
export type Transaction = {
  /**
   * Adds messages to the transaction, made as they are sent; resolves when the brokers have them, uncommitted.
   * @param after What goes before them: an outbox of a lane, which is empty then.
   */
  send(messages: Iterable<AnyOutgoing>, after?: Outbox): Promise<void>;
};

/**
 * The exclusive writer behind one input partition: exactly one lane per partition lives, because opening one fences
 * every older one (its transactional id is made of the partition: kafkajs sends no generation with transactional
 * offsets, so an id per instance would let a frozen owner commit after its successor).
 */
export type Lane = AsyncDisposable & {
  readonly partition: number;
  /** Input offsets below it are committed, as of the last transaction of this lane or the fence that opened it. */
  readonly nextOffset: bigint;
  /** Aborts when the lane is closed, lost to another owner, or broken. */
  readonly signal: AbortSignal;
  /** For what is to be encoded before a transaction begins: what fails by then costs neither it nor the lane. */
  outbox(): Outbox;
  /**
   * Runs the body in one transaction; with `nextOffset`, the input is committed up to there in the same one. Where only
   * the body finds out, `commit` is a function, asked when the body is done.
   * Transactions of a lane run one after another. Whatever fails (a fence, an unknown outcome of the commit, the body)
   * breaks the lane: it must be opened anew, which reads back what was committed.
   */
  transact(
    body: (transaction: Transaction) => Promise<void>,
    commit?: Commit | (() => Commit | undefined),
  ): Promise<void>;
};

export type Commit = { nextOffset: bigint };

/** The lane was lost or broken before or during a transaction, which has not been committed or whose outcome is unknown. */
export class LaneLostError extends Error {
  override readonly name = 'LaneLostError';
}

export type LaneInput = {
  kafka: Kafka;
  prefix: string;
  service: string;
  /** The input topic's name in the cluster, and the consumer group whose offsets are committed. */
  topic: string;
  group: string;
  partition: number;
};

/** Longer than the longest part of an order takes, far below the brokers' limit of 15 minutes. */
const TRANSACTION_TIMEOUT_MS = 60_000;

/**
 * Opens the lane: fences older owners, then reads the committed offset anew (only after the fence is it final).
 */
export async function openLane(input: LaneInput): Promise<Lane> {
  const producer = input.kafka.producer({
    transactionalId: `${input.prefix}${input.service}.${input.topic}.${input.partition}`,
    maxInFlightRequests: 1,
    idempotent: true,
    allowAutoTopicCreation: false,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    metadataMaxAge: 60_000,
  });
  try {
    await producer.connect();
    await fence(producer);
    return createLane(input, producer, await committedOffset(input));
  } catch (error) {
    await producer.disconnect();
    throw error;
  }
}

/** kafkajs initialises the producer id lazily: an empty transaction forces it. */
async function fence(producer: Producer): Promise<void> {
  const transaction = await producer.transaction();
  await transaction.abort();
}

async function committedOffset({ kafka, group, topic, partition }: LaneInput): Promise<bigint> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const offset = offsets?.partitions.find((candidate) => candidate.partition === partition)?.offset;
    return BigInt(Math.max(0, Number(offset ?? 0)));
  } finally {
    await admin.disconnect();
  }
}

function createLane(input: LaneInput, producer: Producer, committed: bigint): Lane {
  const lost = new AbortController();
  let nextOffset = committed;
  let queue: Promise<void> = Promise.resolve();

  // When one broker fails, kafkajs sends again to every broker that has not answered yet, also where the first request
  // is on its way and will be stored: the messages would stand twice in one transaction. Answers tell.
  const answers = new Map<string, number>();
  producer.on(producer.events.REQUEST, ({ payload: { apiName, broker } }) => {
    if (apiName === 'Produce') answers.set(broker, (answers.get(broker) ?? 0) + 1);
  });

  const breakLane = (error: unknown): LaneLostError => {
    const problem = new LaneLostError(`the lane of ${input.topic}/${input.partition} is lost`, { cause: error });
    if (!lost.signal.aborted) {
      lost.abort(problem);
      void producer.disconnect().catch(() => {});
    }
    return problem;
  };

  const sendRequest = async (transaction: KafkaTransaction, topicMessages: TopicMessages[]): Promise<void> => {
    answers.clear();
    await transaction.sendBatch({ topicMessages });
    if ([...answers.values()].some((count) => count > 1)) throw new Error('a broker was sent a batch twice');
  };

  const sendRequests = async (transaction: KafkaTransaction, requests: Iterable<TopicMessages[]>): Promise<void> => {
    let sending = Promise.resolve();
    for (const topicMessages of requests) {
      await sending;
      sending = sendRequest(transaction, topicMessages);
      sending.catch(() => {}); // it is awaited a request later
      // The request is on its way before the next one is encoded, which blocks.
      await setImmediate();
    }
    await sending;
  };

  const runTransaction: Lane['transact'] = async (body, commitOrAsk) => {
    lost.signal.throwIfAborted();
    let commit: Commit | undefined;
    let transaction: KafkaTransaction | undefined;
    try {
      const open = await producer.transaction();
      transaction = open;
      await body({
        async send(messages, after = new PackedOutbox(input.prefix)) {
          if (!(after instanceof PackedOutbox)) throw new TypeError('no lane made this outbox');
          await sendRequests(open, after.take(messages));
        },
      });
      commit = typeof commitOrAsk === 'function' ? commitOrAsk() : commitOrAsk;
      if (commit) await sendOffset(open, commit.nextOffset);
      // A failed commit is not retried: whether the coordinator took it is unknown, and only a fence can tell.
      await open.commit();
    } catch (error) {
      if (transaction?.isActive()) await transaction.abort().catch(() => {});
      throw breakLane(error);
    }
    if (commit) nextOffset = commit.nextOffset;
  };

  /** Right after a commit the coordinator may still be busy with it, and kafkajs does not retry this request. */
  const sendOffset = (transaction: KafkaTransaction, offset: bigint): Promise<void> =>
    pRetry(
      () =>
        transaction.sendOffsets({
          consumerGroupId: input.group,
          topics: [{ topic: input.topic, partitions: [{ partition: input.partition, offset: offset.toString() }] }],
        }),
      {
        retries: 10,
        minTimeout: 20,
        maxTimeout: 500,
        shouldRetry: ({ error }) => 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS',
      },
    );

  return {
    partition: input.partition,
    get nextOffset() {
      return nextOffset;
    },
    signal: lost.signal,
    outbox: () => new PackedOutbox(input.prefix),
    transact(body, commit) {
      const result = queue.then(() => runTransaction(body, commit));
      queue = result.catch(() => {});
      return result;
    },
    async [Symbol.asyncDispose]() {
      await queue;
      breakLane(new Error('closed'));
    },
  };
}
