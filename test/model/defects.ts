/**
 * Defects that the product had once, or would have without one of its rules. A test puts one back, by replacing a module with its
 * defective variant, and shows that the model finds it.
 */
import type { Kafka, Producer, Transaction } from 'kafkajs';
import { TOPICS } from 'qcc-core/contract/topics';
import type * as ConsumeModule from 'qcc-core/kafka/client/consume';
import type * as ErrorsModule from 'qcc-core/kafka/client/errors';
import type * as HungModule from 'qcc-core/kafka/client/hung-connections';
import type * as ReadPositionsModule from 'qcc-core/kafka/client/read-positions';
import type * as SendOnceModule from 'qcc-core/kafka/client/send-once';
import type * as WatchMembershipModule from 'qcc-core/kafka/client/watch-membership';
import type * as DecideModule from 'qcc-core/kafka/exactly-once/decide-input-offset';
import type * as TablePartitionModule from 'qcc-core/kafka/exactly-once/table-partition';
import type { TableStore } from 'qcc-core/kafka/exactly-once/table-partition';
import type * as HideAbortedModule from 'qcc-core/kafka/kafkajs-2.2.4/hide-aborted';
import type * as TopicIdModule from 'qcc-core/kafka/kafkajs-2.2.4/topic-id';
import { endWhereNoTimePasses, type PatchedMethod, unpatch } from './kafkajs-seams.ts';
import { currentProcess, type SimulatedProcess } from './virtual-time.ts';

export type Defect =
  /** kafkajs retries a produce request by broker, and nobody counts what was sent. */
  | 'sends are retried'
  /** A consumer that commits to the former coordinator is not replaced. */
  | 'commits stay at the former coordinator'
  /** A member that kafkajs has joined by half is kept. */
  | 'a member that joined only in part is kept'
  /** A connection to a broker that hangs stays open. */
  | 'hung connections stay open'
  /** A table is taken for created again if its log ends earlier than before. */
  | 'a shorter log is taken for a new topic'
  /** A group without an offset begins at 0, whatever is recorded. */
  | 'no offset means 0'
  /** Partitions are added to a transaction in parallel requests, and sends are retried. */
  | 'partitions are added in parallel'
  /** A consumer whose position is behind the end of the log begins at 0, and its worker passes over what it has done. */
  | 'a position beyond the end starts over'
  /** Nobody compares leader epochs: a log that grew past the offset is taken for the one that was read. */
  | 'leader epochs are not compared'
  /** The consumer stays where it is when a lane opens, although the lane has another offset. */
  | 'opening a lane does not move the consumer'
  /** A failed transaction is aborted while its messages may still arrive. */
  | 'a transaction is aborted too early'
  /** An instance without its group keeps its partitions. */
  | 'an instance without its group goes on'
  /** Aborted transactions that overlap are taken in the order in which they end: kafkajs shows messages of them. */
  | 'aborted transactions may overlap'
  /** Fetchers that kafkajs makes for a runner that has stopped ask it again and again. */
  | 'stopped runners are polled forever'
  /** kafkajs passes over a batch of which all messages are hidden, and tells nobody. */
  | 'batches of hidden messages are skipped'
  /** Nobody asks for the ids of topics: a topic that was created again, and is larger, is taken for the former one. */
  | 'topics have no ids';

/** Those that are there now. */
const defects = new Set<Defect>();

const RETRIES = { retries: 8 };
const retriesSends = () => defects.has('sends are retried') || defects.has('partitions are added in parallel');

/** Methods of kafkajs whose patches are undone. */
const UNPATCHED: Partial<Record<Defect, PatchedMethod>> = {
  'partitions are added in parallel': 'addPartitionsToTxn',
  'a position beyond the end starts over': 'setDefaultOffset',
  'stopped runners are polled forever': 'fetch',
  'batches of hidden messages are skipped': 'handleBatch',
};

/** Puts a defect back until it is disposed. */
export function putBack(defect: Defect): Disposable {
  const method = UNPATCHED[defect];
  const restore = method && unpatch(method);
  if (method === 'fetch') endWhereNoTimePasses();
  defects.add(defect);
  return {
    [Symbol.dispose]() {
      defects.delete(defect);
      restore?.[Symbol.dispose]();
    },
  };
}

export const sendOnceWith = (real: typeof SendOnceModule): typeof SendOnceModule => ({
  ...real,
  SENDS_ONCE: {
    ...real.SENDS_ONCE,
    get retry() {
      return retriesSends() ? RETRIES : real.SENDS_ONCE.retry;
    },
  },
  async sendOnce(sendBatch, topicMessages) {
    if (!retriesSends()) return await real.sendOnce(sendBatch, topicMessages);
    await sendBatch({ topicMessages, acks: -1 });
    return [];
  },
});

export const errorsWith = (real: typeof ErrorsModule): typeof ErrorsModule => ({
  ...real,
  protocolErrorType(error) {
    const type = real.protocolErrorType(error);
    const isHidden = type === 'NOT_COORDINATOR_FOR_GROUP' && defects.has('commits stay at the former coordinator');
    return isHidden ? undefined : type;
  },
});

export const watchMembershipWith = (real: typeof WatchMembershipModule): typeof WatchMembershipModule => ({
  ...real,
  watchMembership(consumer, watch) {
    let isJoinedByHalf = false;
    return real.watchMembership(consumer, {
      ...watch,
      onLost(why) {
        isJoinedByHalf ||= why === 'halfJoined';
        const isKept =
          defects.has('a member that joined only in part is kept') ||
          defects.has('commits stay at the former coordinator');
        if (!(isJoinedByHalf && isKept)) watch.onLost(why);
      },
    });
  },
});

export const hungConnectionsWith = (real: typeof HungModule): typeof HungModule => ({
  ...real,
  endHungConnections: (connect, options) =>
    defects.has('hung connections stay open') ? connect : real.endHungConnections(connect, options),
});

/** What the table of each process has read, by partition. Each process has one table. */
const tables = new WeakMap<
  SimulatedProcess,
  { partitions: { readonly nextOffset: bigint }[]; timesForgotten: number }
>();

export const tablePartitionWith = (real: typeof TablePartitionModule): typeof TablePartitionModule => ({
  ...real,
  createTablePartition<Value, Store extends TableStore<Value>>(newStore: () => Store) {
    const partition = real.createTablePartition<Value, Store>(newStore);
    const process = currentProcess()!;
    const table = tables.get(process) ?? { partitions: [], timesForgotten: 0 };
    tables.set(process, table);
    table.partitions.push(partition);
    return partition;
  },
});

export const topicIdWith = (real: typeof TopicIdModule): typeof TopicIdModule => ({
  ...real,
  async fetchTopicId(kafka, topic) {
    if (defects.has('topics have no ids')) return 'the only one';
    const id = await real.fetchTopicId(kafka, topic);
    const table = tables.get(currentProcess()!);
    if (topic !== TOPICS.inputOffsets.name || !table || !defects.has('a shorter log is taken for a new topic'))
      return id;
    const admin = kafka.admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
    if (offsets.some(({ partition, high }) => BigInt(high) < table.partitions[partition]!.nextOffset)) {
      table.timesForgotten += 1;
    }
    return `${id}${table.timesForgotten}`;
  },
});

export const hideAbortedWith = (real: typeof HideAbortedModule): typeof HideAbortedModule => ({
  ...real,
  hideAborted(partition) {
    if (!defects.has('aborted transactions may overlap')) real.hideAborted(partition);
  },
});

export const decideInputOffsetWith = (real: typeof DecideModule): typeof DecideModule => ({
  ...real,
  decideInputOffset(position) {
    if (defects.has('no offset means 0')) {
      const { committed } = position;
      return { kind: 'resume', nextOffset: committed < 0n ? 0n : committed, unread: 0n };
    }
    const agreesUpTo = defects.has('leader epochs are not compared') ? undefined : position.agreesUpTo;
    return real.decideInputOffset({ ...position, agreesUpTo });
  },
});

export const readPositionsWith = (real: typeof ReadPositionsModule): typeof ReadPositionsModule => ({
  ...real,
  createReadPositions(input) {
    const positions = real.createReadPositions(input);
    return {
      ...positions,
      async check(place, epochs, signal) {
        if (!defects.has('leader epochs are not compared')) await positions.check(place, epochs, signal);
      },
      async findLoss(places) {
        return defects.has('leader epochs are not compared') ? undefined : await positions.findLoss(places);
      },
    };
  },
});

export const consumeWith = (real: typeof ConsumeModule): typeof ConsumeModule => ({
  ...real,
  consume(input) {
    const { onAssigned } = input;
    if (!onAssigned) return real.consume(input);
    return real.consume({
      ...input,
      onAssigned(assignment, seek) {
        if (defects.has('an instance without its group goes on') && Object.keys(assignment).length === 0) return;
        onAssigned(assignment, defects.has('opening a lane does not move the consumer') ? () => {} : seek);
      },
    });
  },
});

/** A client whose transactions end themselves when a send fails. */
export function clientOf(kafka: Kafka): Kafka {
  if (!defects.has('a transaction is aborted too early')) return kafka;
  return over(kafka, {
    producer: (config) => {
      const producer = kafka.producer(config);
      return over<Producer>(producer, {
        transaction: async () => {
          const transaction = await producer.transaction();
          return over<Transaction>(transaction, {
            sendBatch: (batch) =>
              transaction.sendBatch(batch).catch(async (error: unknown) => {
                await transaction.abort().catch(() => {});
                throw error;
              }),
          });
        },
      });
    },
  });
}

/** An object that is as another one except for some methods. */
const over = <Real extends object>(real: Real, methods: Partial<Real>): Real =>
  new Proxy(real, {
    get: (_, name) => (name in methods ? Reflect.get(methods, name) : Reflect.get(real, name)),
  });
