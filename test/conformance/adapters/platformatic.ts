import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Input, KafkaClient, OpenClient, Reader, Sent, TransactionalProducer } from '../client.ts';
import { loadClient } from '../install-clients.ts';
import { createInbox } from './inbox.ts';

/** What this adapter uses of `@platformatic/kafka`, which is not a dependency of the repository. */
type Options = Readonly<Record<string, unknown>>;
type Message = { topic: string; partition: number; key: Buffer; value: Buffer };
type Offset = { topic: string; partition: number; offset: bigint };
type Consumed = Offset & { key: Buffer | null };
type Stream = AsyncIterable<Consumed> & {
  readonly offsetsToFetch: ReadonlyMap<string, bigint>;
  close(): Promise<void>;
};
type Consumer = {
  consume(options: Options): Promise<Stream>;
  commit(options: { offsets: (Offset & { leaderEpoch: number })[] }): Promise<void>;
  listCommittedOffsets(options: {
    topics: { topic: string; partitions: readonly number[] }[];
  }): Promise<ReadonlyMap<string, readonly bigint[]>>;
  findGroupCoordinator(): Promise<number>;
  close(force: boolean): Promise<void>;
};
type Transaction = {
  send(options: { messages: Message[] }): Promise<unknown>;
  addConsumer(consumer: Consumer): Promise<void>;
  addOffset(message: Offset & { metadata: { consumer: Options } }): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
  /** Forgets the transaction and asks no broker. */
  cancel(): Promise<void>;
};
type Producer = {
  send(options: { messages: Message[] }): Promise<unknown>;
  beginTransaction(options?: { producerId: bigint; producerEpoch: number }): Promise<Transaction>;
  close(force: boolean): Promise<void>;
};
type Library = {
  Producer: new (options: Options) => Producer;
  Consumer: new (options: Options) => Consumer;
};

/** `timeout` limits a request and is the transaction's timeout too. */
const COMMON = { clientId: 'conformance', timeout: 30_000, retries: 8, retryDelay: 300 } as const;
const READ_COMMITTED = 1;

export const openPlatformatic: OpenClient = async ({ brokers }): Promise<KafkaClient> => {
  const library = loadClient<Library>('@platformatic/kafka');
  const common = { ...COMMON, bootstrapBrokers: [...brokers] };
  const openConsumer = (groupId: string): Consumer =>
    new library.Consumer({
      ...common,
      groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 1_000,
      maxWaitTime: 250,
      isolationLevel: READ_COMMITTED,
      autocommit: false,
    });
  return {
    openTransactional: ({ id, input }) =>
      openTransactional({ library, common, id, input, openConsumer: () => openConsumer(input.group) }),
    async openIdempotent() {
      const producer = new library.Producer({ ...common, idempotent: true, strict: true });
      return {
        send: async (messages) => void (await producer.send({ messages: messages.map(toMessage) })),
        close: () => producer.close(true),
      };
    },
    async openReader(from) {
      const consumer = openConsumer(`conformance.${randomUUID()}`);
      const topics = [...new Set(from.map(({ topic }) => topic))];
      const stream = await consumer.consume({ topics, mode: 'manual', fallbackMode: 'fail', offsets: from });
      return readWith(consumer, stream, async () => {});
    },
    async joinGroup({ group, topic }) {
      const consumer = openConsumer(group);
      const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
      return readWith(consumer, stream, (offsets) =>
        consumer.commit({ offsets: offsets.map((offset) => ({ ...offset, leaderEpoch: -1 })) }),
      );
    },
    async committedOffsets({ group, topic, partitions }) {
      const consumer = openConsumer(group);
      try {
        const found = (await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] })).get(topic);
        return partitions.map((partition) => {
          const offset = found?.[partition];
          return offset === undefined || offset < 0n ? null : offset;
        });
      } finally {
        await consumer.close(true);
      }
    },
  };
};

const toMessage = ({ topic, partition, key, value }: Sent): Message => ({
  topic,
  partition,
  key: Buffer.from(key),
  value,
});

async function openTransactional(options: {
  library: Library;
  common: Options;
  id: string;
  input: Input;
  openConsumer: () => Consumer;
}): Promise<TransactionalProducer> {
  const { library, common, id, input } = options;
  const producer = new library.Producer({ ...common, idempotent: true, transactionalId: id, strict: true });
  // The producer id is initialised with the first transaction. To end it the brokers need one that holds something.
  // Without these numbers it claims to be producer 0, and the brokers refuse it an id that another producer has used.
  await (await producer.beginTransaction({ producerId: -1n, producerEpoch: -1 })).cancel();
  let consumer: Consumer | undefined;
  let open: Transaction | undefined;
  const current = (): Transaction => {
    if (!open) throw new Error('no transaction is open');
    return open;
  };
  return {
    async begin() {
      open = await producer.beginTransaction();
    },
    send: async (messages) => void (await current().send({ messages: messages.map(toMessage) })),
    async commit(nextOffset) {
      if (nextOffset !== undefined) {
        consumer ??= options.openConsumer();
        await current().addConsumer(consumer);
        const coordinatorId = await consumer.findGroupCoordinator();
        const member = { groupId: input.group, generationId: -1, memberId: '', coordinatorId };
        const { topic, partition } = input;
        // It commits the offset behind the message that it is given.
        await current().addOffset({ topic, partition, offset: nextOffset - 1n, metadata: { consumer: member } });
      }
      await current().commit();
    },
    abort: async () => await current().abort(),
    async close() {
      await consumer?.close(true);
      await producer.close(true);
    },
  };
}

const COMMIT_EVERY_MS = 200;

function readWith(consumer: Consumer, stream: Stream, commit: (offsets: Offset[]) => Promise<void>): Reader {
  const inbox = createInbox();
  const uncommitted = new Map<string, Offset>();
  let isOpen = true;
  const reading = (async () => {
    for await (const { topic, partition, offset, key } of stream) {
      inbox.add({ topic, partition, key: String(key), offset });
      uncommitted.set(`${topic}/${partition}`, { topic, partition, offset: offset + 1n });
    }
  })().catch((error: unknown) => {
    if (isOpen) inbox.complain(error);
  });
  const committing = (async () => {
    while (isOpen) {
      const offsets = [...uncommitted.values()];
      uncommitted.clear();
      if (offsets.length > 0) {
        await commit(offsets).catch((error: unknown) => {
          inbox.complain(error);
          for (const offset of offsets) {
            const name = `${offset.topic}/${offset.partition}`;
            if (!uncommitted.has(name)) uncommitted.set(name, offset);
          }
        });
      }
      await sleep(COMMIT_EVERY_MS);
    }
  })();
  return {
    async take() {
      for (const [name, offset] of stream.offsetsToFetch) {
        const [topic = '', partition] = name.split(':');
        inbox.moveTo({ topic, partition: Number(partition) }, offset);
      }
      return inbox.take();
    },
    async close() {
      isOpen = false;
      await consumer.close(true);
      await Promise.all([reading, committing]);
    },
  };
}
