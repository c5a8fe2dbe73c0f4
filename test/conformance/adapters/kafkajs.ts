import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { pino } from 'pino';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { TopicSpec } from 'qcc-core/contract/topics';
import { askWhileSpreading } from 'qcc-core/kafka/client/ask-while-spreading';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { consume } from 'qcc-core/kafka/client/consume';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { type Lane, type LaneInput, openLane, type Transaction } from 'qcc-core/kafka/exactly-once/lane';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import {
  type Input,
  MAX_MESSAGE_BYTES,
  type OpenClient,
  type Reader,
  type Sent,
  type TopicPartition,
  type TransactionalProducer,
} from '../client.ts';
import { createInbox, type Inbox, innermost } from './inbox.ts';
import { committedOffsets, watch } from './kafkajs-reader.ts';

/** kafkajs as the services use it: lanes, the publisher and the consumer of `packages/qcc-core/src/kafka`. */
export const openKafkaJs: OpenClient = async ({ brokers }) => {
  const settings = readSettings({ KAFKA_BROKERS: brokers.join(',') }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'conformance', logCreator: () => () => {} });
  const outgoing = createOutgoing();
  return {
    openTransactional: (options) => openTransactional({ ...options, kafka, outgoing }),
    async openIdempotent() {
      const publisher = await openPublisher({ kafka, prefix: '' });
      return {
        send: (messages) => publisher.publish(messages.map(outgoing)),
        close: async () => await publisher[Symbol.asyncDispose](),
      };
    },
    openReader: (from) => openReader(kafka, from),
    joinGroup: (options) => joinGroup(kafka, options),
    committedOffsets: (asked) => committedOffsets(kafka, asked),
  };
};

/** Lanes and the publisher know topics by their specification, and gather messages by its identity. */
function createOutgoing(): (message: Sent) => Outgoing<Buffer> {
  const specs = new Map<string, TopicSpec>();
  const specOf = (name: string): TopicSpec => {
    const spec = specs.get(name) ?? {
      name,
      // The suite names each message's partition, so the count decides nothing.
      partitions: 1,
      cleanup: 'delete',
      retentionMs: -1,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      writers: [],
      key: 'any',
      visibility: 'internal',
      description: 'a topic of the conformance suite',
    };
    specs.set(name, spec);
    return spec;
  };
  return ({ topic, ...message }) => ({ ...message, topic: specOf(topic) });
}

/** Replaces the pipeline's `input-offsets`, which each lane writes in its transactions. */
const INPUT_OFFSETS = 'conformance-input-offsets';

async function createInputOffsets(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics: [{ topic: INPUT_OFFSETS, numPartitions: 1 }], waitForLeaders: false });
    await askWhileSpreading(() => admin.fetchTopicMetadata({ topics: [INPUT_OFFSETS] }));
  } finally {
    await admin.disconnect();
  }
}

/** The transaction that a caller begins, fills and ends, as the body of one of the lane's. */
async function openTransactional(options: {
  id: string;
  input: Input;
  kafka: Kafka;
  outgoing: (message: Sent) => Outgoing<Buffer>;
}): Promise<TransactionalProducer> {
  const { kafka, outgoing, id: service, input } = options;
  const offsets: LaneInput['offsets'] = {
    resume: async () => 0n,
    message: (partition, nextOffset) =>
      outgoing({
        topic: INPUT_OFFSETS,
        partition: 0,
        key: `${service}|${partition}`,
        value: Buffer.from(`${nextOffset}`),
      }),
  };
  await createInputOffsets(kafka);
  const open = (): Promise<Lane> => openLane({ kafka, prefix: '', service, offsets, ...input });
  let lane = await open();
  let current: {
    transaction: Transaction;
    end: PromiseWithResolvers<bigint | undefined>;
    ended: Promise<void>;
  } | null = null;

  const take = () => {
    if (!current) throw new Error('no transaction is open');
    return current;
  };
  return {
    async begin() {
      const begun = Promise.withResolvers<Transaction>();
      const end = Promise.withResolvers<bigint | undefined>();
      end.promise.catch(() => {});
      let nextOffset: bigint | undefined;
      const ended = lane.transact(
        async (transaction) => {
          begun.resolve(transaction);
          nextOffset = await end.promise;
        },
        () => (nextOffset === undefined ? undefined : { nextOffset }),
      );
      ended.catch(begun.reject);
      current = { transaction: await begun.promise, end, ended };
    },
    async send(messages) {
      const { transaction, end } = take();
      await transaction.send(messages.map(outgoing)).catch((error: unknown) => {
        end.reject(error);
        throw error;
      });
    },
    async commit(nextOffset) {
      const { end, ended } = take();
      end.resolve(nextOffset);
      await ended;
    },
    async abort() {
      const { end, ended } = take();
      end.reject(new Error('the caller aborts'));
      await ended.catch(() => {});
      // An abort breaks a lane: its owner opens it again.
      lane = await open();
    },
    close: async () => {
      current?.end.reject(new Error('closed'));
      await lane[Symbol.asyncDispose]();
    },
  };
}

/** Reads as a worker does, which sets where its consumer reads on. */
async function openReader(kafka: Kafka, from: readonly (TopicPartition & { offset: bigint })[]): Promise<Reader> {
  const inbox = createInbox();
  let sought = false;
  const consuming = await consume({
    ...consumerOf(inbox),
    // The positions behind control records: `onBatch` gets no batch that has nothing else.
    kafka: new Proxy(kafka, {
      get: (_, name) =>
        name === 'consumer'
          ? (...args: Parameters<Kafka['consumer']>) => watch(kafka.consumer(...args), inbox)
          : Reflect.get(kafka, name),
    }),
    group: `conformance.${randomUUID()}`,
    topics: [...new Set(from.map(({ topic }) => topic))],
    seeks: true,
    onAssigned(_assignment, seek) {
      if (!sought) for (const { topic, partition, offset } of from) seek({ topic, partition, offset: String(offset) });
      sought = true;
    },
    async onBatch({ topic, partition, messages }) {
      for (const { key, offset } of messages) inbox.add({ topic, partition, key: String(key), offset: BigInt(offset) });
    },
  });
  return { take: async () => inbox.take(), close: async () => await consuming[Symbol.asyncDispose]() };
}

async function joinGroup(kafka: Kafka, { group, topic }: { group: string; topic: string }): Promise<Reader> {
  const inbox = createInbox();
  const consuming = await consume({
    ...consumerOf(inbox),
    kafka,
    group,
    topics: [topic],
    async onBatch({ partition, messages, nextOffset, commit }) {
      for (const { key, offset } of messages) {
        inbox.add({ topic, partition, key: String(key), offset: BigInt(offset) });
      }
      await commit().catch((error: unknown) => {
        inbox.complain(innermost(error));
        throw error;
      });
      inbox.moveTo({ topic, partition }, nextOffset);
    },
  });
  return { take: async () => inbox.take(), close: async () => await consuming[Symbol.asyncDispose]() };
}

function consumerOf(inbox: Inbox) {
  let hasJoined = false;
  return {
    sessionTimeoutMs: 10_000,
    concurrency: 8,
    health: {
      set(_part: string, problem: string | null) {
        hasJoined ||= problem === null;
        if (hasJoined && problem !== null) inbox.complain(problem);
      },
    },
    healthPart: 'consumer',
    log: pino({ level: 'silent' }),
  };
}
