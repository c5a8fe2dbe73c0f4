import { setImmediate } from 'node:timers/promises';
import type { Kafka, Transaction as KafkaTransaction, Producer, TopicMessages } from 'kafkajs';
import pRetry from 'p-retry';
import { startTimeLimit } from '../../base/time-limit.ts';
import { LaneBrokenError, protocolErrorType } from '../client/errors.ts';
import { type Outbox, RequestOutbox } from '../client/outbox.ts';
import { SENDS_ONCE, type StoredRange, sendOnce } from '../client/send-once.ts';
import type { AnyOutgoing, Outgoing } from '../wire/outgoing.ts';

/** What a transaction's body may do. */
export type Transaction = {
  /**
   * Adds messages to the transaction. It takes them from the iterable while it sends. Resolves when the brokers have them, uncommitted.
   * @param after An outbox of this lane. Its messages are sent first, and it is empty afterwards.
   * @returns where they are, once the transaction is committed: for each partition in the order in which they were given.
   */
  send(messages: Iterable<AnyOutgoing>, after?: Outbox): Promise<StoredRange[]>;
};

/**
 * The exclusive writer of one input partition. Opening a lane fences every older lane of the partition, because its
 * transactional id is made of the partition. (kafkajs sends no generation with transactional offsets, so with an id per
 * instance a frozen owner could commit after its successor.)
 */
export type Lane = AsyncDisposable & {
  readonly partition: number;
  /** Input offsets below it are committed, as of the last transaction of this lane or the fence that opened it. */
  readonly nextOffset: bigint;
  /** Aborts when the lane is closed, lost to another owner, or broken. */
  readonly signal: AbortSignal;
  /** For messages that are encoded before a transaction begins: if encoding fails, neither transaction nor lane is affected. */
  outbox(): Outbox;
  /**
   * Runs the body in one transaction. With `nextOffset`, the same transaction commits the input up to there. If only the body
   * can find out how far, `commit` is a function; it is called when the body is done.
   *
   * The transactions of a lane run one after another. Every failure (a fence, an unknown outcome of the commit, a batch that was
   * not stored exactly once, the body) breaks the lane. It must be opened again, which reads back what was committed. The
   * transaction stays open until then: opening the lane aborts it and gives the producer a new epoch, so brokers refuse a
   * request of the old producer that arrives late.
   */
  transact(
    body: (transaction: Transaction) => Promise<unknown>,
    commit?: Commit | (() => Commit | undefined),
  ): Promise<void>;
  /**
   * Breaks the lane at once, without waiting for a transaction under way: for a partition that another instance owns now. The
   * next lane of the partition ends that transaction. (Disposing waits for it.)
   */
  abandon(reason: unknown): void;
};

export type Commit = { nextOffset: bigint };

/** Where the input goes on, and the message that commits it (`InputOffsets`). */
export type LaneOffsets = {
  resume(lane: Pick<Lane, 'partition' | 'transact' | 'signal'>): Promise<bigint>;
  message(partition: number, nextOffset: bigint): Outgoing;
};

export type LaneInput = {
  kafka: Kafka;
  prefix: string;
  service: string;
  /** The input topic's name in the cluster. */
  topic: string;
  /** The consumer group whose offsets are committed for tools that show lag. */
  group: string;
  partition: number;
  /** Where the service goes on in its input. */
  offsets: LaneOffsets;
};

/** Longer than the longest part of an order takes, far below the brokers' limit of 15 minutes. */
const TRANSACTION_TIMEOUT_MS = 60_000;
/** The brokers have aborted it by then, and a lane does not wait for a response that may never come. */
const TRANSACTION_LIMIT_MS = TRANSACTION_TIMEOUT_MS + 15_000;

/**
 * Right after a transaction, of this producer or an older one, the coordinator may still be busy ending it. kafkajs can retry only the
 * request for a producer id, and `SENDS_ONCE` turns that off.
 */
const WHILE_BUSY = {
  retries: 10,
  minTimeout: 20,
  maxTimeout: 500,
  shouldRetry: ({ error }: { error: Error }) => protocolErrorType(error) === 'CONCURRENT_TRANSACTIONS',
};

/**
 * Opens the lane: fences older owners, then reads where the input goes on, which is final only after the fence.
 * @throws InputOffsetError if the offset cannot be known.
 */
export async function openLane(input: LaneInput): Promise<Lane> {
  const producer = input.kafka.producer({
    ...SENDS_ONCE,
    transactionalId: `${input.prefix}${input.service}.${input.topic}.${input.partition}`,
    allowAutoTopicCreation: false,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    metadataMaxAge: 60_000,
  });
  try {
    await producer.connect();
    await fence(producer);
  } catch (error) {
    void producer.disconnect().catch(() => {});
    throw error;
  }
  const { lane, goOnAt } = createLane(input, producer);
  try {
    goOnAt(await input.offsets.resume(lane));
    return lane;
  } catch (error) {
    await lane[Symbol.asyncDispose]();
    throw error;
  }
}

function createLane(input: LaneInput, producer: Producer): { lane: Lane; goOnAt(offset: bigint): void } {
  const lost = new AbortController();
  let nextOffset = 0n;
  let queue: Promise<void> = Promise.resolve();

  const breakLane = (error: unknown): LaneBrokenError => {
    const problem = new LaneBrokenError(`the lane of ${input.topic}/${input.partition} is broken`, { cause: error });
    if (!lost.signal.aborted) {
      lost.abort(problem);
      void producer.disconnect().catch(() => {});
    }
    return problem;
  };

  const sendRequests = async (transaction: KafkaTransaction, requests: Iterable<TopicMessages[]>) => {
    const stored: StoredRange[] = [];
    let sending = Promise.resolve<StoredRange[]>([]);
    for (const topicMessages of requests) {
      stored.push(...(await sending));
      sending = sendOnce((batch) => transaction.sendBatch(batch), topicMessages);
      sending.catch(() => {}); // it is awaited a request later
      // The request is on its way before the next one is encoded, which blocks.
      await setImmediate();
    }
    stored.push(...(await sending));
    return stored;
  };

  const runTransaction: Lane['transact'] = async (body, commitOrAsk) => {
    lost.signal.throwIfAborted();
    let commit: Commit | undefined;
    try {
      const transaction = await producer.transaction();
      const send: Transaction['send'] = async (messages, after = new RequestOutbox(input.prefix)) => {
        if (!(after instanceof RequestOutbox)) throw new TypeError('no lane made this outbox');
        return await sendRequests(transaction, after.take(messages));
      };
      await body({ send });
      commit = typeof commitOrAsk === 'function' ? commitOrAsk() : commitOrAsk;
      if (commit) {
        await send([input.offsets.message(input.partition, commit.nextOffset)]);
        await sendOffset(transaction, commit.nextOffset);
      }
      // The lane may have been lost while the body ran. Then nothing may be committed.
      lost.signal.throwIfAborted();
      // A failed commit is not retried: only a fence can tell whether the coordinator took it.
      await transaction.commit();
    } catch (error) {
      throw breakLane(error);
    }
    if (commit) nextOffset = commit.nextOffset;
  };

  const sendOffset = (transaction: KafkaTransaction, offset: bigint): Promise<void> =>
    pRetry(
      () =>
        transaction.sendOffsets({
          consumerGroupId: input.group,
          topics: [{ topic: input.topic, partitions: [{ partition: input.partition, offset: offset.toString() }] }],
        }),
      WHILE_BUSY,
    );

  const lane: Lane = {
    partition: input.partition,
    get nextOffset() {
      return nextOffset;
    },
    signal: lost.signal,
    outbox: () => new RequestOutbox(input.prefix),
    transact(body, commit) {
      const result = queue.then(async () => {
        using limit = startTimeLimit(TRANSACTION_LIMIT_MS);
        const late = Promise.withResolvers<never>();
        limit.signal.addEventListener('abort', () =>
          late.reject(breakLane(new Error(`a transaction did not end within ${TRANSACTION_LIMIT_MS / 1_000} s`))),
        );
        await Promise.race([runTransaction(body, commit), late.promise]);
      });
      queue = result.catch(() => {});
      return result;
    },
    abandon: (reason) => void breakLane(reason),
    async [Symbol.asyncDispose]() {
      await queue;
      breakLane(new Error('closed'));
    },
  };
  return {
    lane,
    goOnAt(offset) {
      nextOffset = offset;
    },
  };
}

/**
 * Makes this producer the only one with its transactional id: the coordinator aborts a transaction that an older one left open, and
 * brokers refuse the older one's requests, also those that are still on their way. Nothing here aborts a transaction in another way:
 * if a message is still on its way then, brokers before 3.6 can keep the transaction open for good (KIP-890).
 *
 * kafkajs asks for a producer id only when a transaction begins; an empty one is ended without a request.
 */
export async function fence(producer: Producer): Promise<void> {
  const transaction = await pRetry(() => producer.transaction(), WHILE_BUSY);
  await transaction.abort();
}
