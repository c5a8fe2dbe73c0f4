import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Input,
  type KafkaClient,
  MAX_MESSAGE_BYTES,
  type OpenClient,
  type PlainProducer,
  type Reader,
  type Sent,
  TRANSACTION_TIMEOUT_MS,
  type TransactionalProducer,
} from '../client.ts';
import { loadClient } from '../install-clients.ts';
import { createInbox, type Inbox } from './inbox.ts';

/** What this adapter uses of `@confluentinc/kafka-javascript`, which is not a dependency of the repository. */
type Config = Readonly<Record<string, string | number | boolean>>;
type Done = (error: Error | null | undefined) => void;
type Report = { opaque?: unknown };
type Handle = {
  connect(options: object, done: Done): void;
  on(event: 'event.error', listener: (error: Error) => void): void;
};
type RawProducer = Handle & {
  disconnect(flushTimeoutMs: number, done: Done): void;
  on(event: 'delivery-report', listener: (error: Error | null, report: Report) => void): void;
  setPollInBackground(isOn: boolean): void;
  produce(topic: string, partition: number, value: Buffer, key: string, timestamp: null, opaque: unknown): void;
  flush(timeoutMs: number, done: Done): void;
  initTransactions(timeoutMs: number, done: Done): void;
  beginTransaction(done: Done): void;
  sendOffsetsToTransaction(offsets: RawOffset[], consumer: RawConsumer, timeoutMs: number, done: Done): void;
  commitTransaction(timeoutMs: number, done: Done): void;
  abortTransaction(timeoutMs: number, done: Done): void;
};
type RawOffset = { topic: string; partition: number; offset: number };
type RawMessage = RawOffset & { key: Buffer | string | null };
type RawConsumer = Handle & {
  disconnect(done: Done): void;
  on(event: 'partition.eof', listener: (end: RawOffset) => void): void;
  setDefaultConsumeTimeout(timeoutMs: number): void;
  assign(from: RawOffset[]): void;
  subscribe(topics: string[]): void;
  consume(count: number, done: (error: Error | null, messages: RawMessage[]) => void): void;
  commitSync(offsets: RawOffset[]): void;
  committed(
    places: { topic: string; partition: number }[],
    timeoutMs: number,
    done: (error: Error | null, offsets: { partition: number; offset?: number }[]) => void,
  ): void;
};
type Rdkafka = {
  Producer: new (config: Config, topicConfig?: Config) => RawProducer;
  KafkaConsumer: new (config: Config, topicConfig?: Config) => RawConsumer;
};

/** Long enough for any fault of the suite; librdkafka retries within it. */
const CALL_TIMEOUT_MS = 55_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** `RD_KAFKA_RESP_ERR__QUEUE_FULL` */
const QUEUE_FULL = -184;

/** librdkafka by its plain functions: the API in the style of kafkajs costs four times as much for producing. */
export const openLibrdkafka: OpenClient = async ({ brokers }): Promise<KafkaClient> => {
  const library = loadClient<Rdkafka>('@confluentinc/kafka-javascript');
  const base: Config = { 'bootstrap.servers': brokers.join(','), 'client.id': 'conformance' };
  return {
    openTransactional: (options) => openTransactional({ library, base, ...options }),
    openIdempotent: () => openIdempotent({ library, base }),
    async openReader(from) {
      const consumer = await openConsumer({ library, base, group: `conformance.${randomUUID()}` });
      const reader = readWith(consumer, async () => {});
      consumer.assign(from.map(({ topic, partition, offset }) => ({ topic, partition, offset: Number(offset) })));
      return reader;
    },
    async joinGroup({ group, topic }) {
      const consumer = await openConsumer({ library, base, group, reset: 'earliest' });
      const reader = readWith(consumer, async (offsets) => consumer.commitSync(offsets));
      consumer.subscribe([topic]);
      return reader;
    },
    async committedOffsets({ group, topic, partitions }) {
      const consumer = await openConsumer({ library, base, group });
      try {
        const { promise, resolve, reject } = Promise.withResolvers<{ partition: number; offset?: number }[]>();
        consumer.committed(
          partitions.map((partition) => ({ topic, partition })),
          CALL_TIMEOUT_MS,
          (error, offsets) => (error ? reject(error) : resolve(offsets)),
        );
        const found = await promise;
        return partitions.map((wanted) => {
          const offset = found.find(({ partition }) => partition === wanted)?.offset;
          return offset === undefined || offset < 0 ? null : BigInt(offset);
        });
      } finally {
        await closeConsumer(consumer);
      }
    },
  };
};

type Opening = { library: Rdkafka; base: Config };

const PRODUCER: Config = {
  'enable.idempotence': true,
  acks: -1,
  'linger.ms': 5,
  'message.max.bytes': MAX_MESSAGE_BYTES,
  'queue.buffering.max.messages': 1_000_000,
  'queue.buffering.max.kbytes': 512 * 1_024,
};

async function openProducer({ library, base }: Opening, config: Config): Promise<RawProducer> {
  const producer = new library.Producer({ ...base, ...PRODUCER, ...config });
  // Without a listener Node ends the process. Errors of a message or a call are reported there.
  producer.on('event.error', () => {});
  await call((done) => producer.connect({}, done));
  producer.setPollInBackground(true);
  return producer;
}

/** Puts messages into the library's queue, and waits when it is full. */
async function enqueue(producer: RawProducer, messages: readonly Sent[], opaque: unknown): Promise<void> {
  for (const { topic, partition, key, value } of messages) {
    for (;;) {
      try {
        producer.produce(topic, partition, value, key, null, opaque);
        break;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === QUEUE_FULL)) throw error;
        await sleep(5);
      }
    }
  }
}

/** Waits for the report of each message. */
function sender(producer: RawProducer): (messages: readonly Sent[]) => Promise<void> {
  type Waiting = { left: number; failed: Error | null; done: PromiseWithResolvers<void> };
  producer.on('delivery-report', (error, { opaque }) => {
    const waiting = opaque as Waiting;
    waiting.failed ??= error;
    waiting.left -= 1;
    if (waiting.left > 0) return;
    if (waiting.failed) waiting.done.reject(waiting.failed);
    else waiting.done.resolve();
  });
  return async (messages) => {
    const waiting: Waiting = { left: messages.length, failed: null, done: Promise.withResolvers() };
    waiting.done.promise.catch(() => {});
    await enqueue(producer, messages, waiting);
    if (messages.length > 0) await waiting.done.promise;
  };
}

async function openIdempotent(opening: Opening): Promise<PlainProducer> {
  const producer = await openProducer(opening, { dr_cb: true });
  return { send: sender(producer), close: () => closeProducer(producer) };
}

async function openTransactional({
  id,
  input: { group, topic, partition },
  ...opening
}: Opening & { id: string; input: Input }): Promise<TransactionalProducer> {
  const producer = await openProducer(opening, {
    'transactional.id': id,
    'transaction.timeout.ms': TRANSACTION_TIMEOUT_MS,
    'message.timeout.ms': CALL_TIMEOUT_MS,
  });
  await call((done) => producer.initTransactions(CALL_TIMEOUT_MS, done));
  let consumer: RawConsumer | undefined;
  return {
    begin: () => call((done) => producer.beginTransaction(done)),
    // Reports of single messages are not needed: the commit of a transaction that lacks one of them fails.
    async send(messages) {
      await enqueue(producer, messages, null);
      await call((done) => producer.flush(CALL_TIMEOUT_MS, done));
    },
    async commit(nextOffset) {
      if (nextOffset !== undefined) {
        consumer ??= await openConsumer({ ...opening, group });
        const offsets = [{ topic, partition, offset: Number(nextOffset) }];
        const from = consumer;
        await call((done) => producer.sendOffsetsToTransaction(offsets, from, CALL_TIMEOUT_MS, done));
      }
      await call((done) => producer.commitTransaction(CALL_TIMEOUT_MS, done));
    },
    abort: () => call((done) => producer.abortTransaction(CALL_TIMEOUT_MS, done)),
    async close() {
      if (consumer) await closeConsumer(consumer);
      await closeProducer(producer);
    },
  };
}

async function openConsumer({
  library,
  base,
  group,
  reset = 'error',
}: Opening & { group: string; reset?: 'error' | 'earliest' }): Promise<RawConsumer> {
  const consumer = new library.KafkaConsumer(
    {
      ...base,
      'group.id': group,
      'session.timeout.ms': 10_000,
      'heartbeat.interval.ms': 1_000,
      'enable.auto.commit': false,
      'isolation.level': 'read_committed',
      'check.crcs': true,
      'enable.partition.eof': true,
      'fetch.wait.max.ms': 250,
    },
    { 'auto.offset.reset': reset },
  );
  consumer.on('event.error', () => {});
  await call((done) => consumer.connect({}, done));
  return consumer;
}

const BATCH_MESSAGES = 5_000;
const CONSUME_TIMEOUT_MS = 200;

/** Polls until closed. A failed commit is tried again with the next batch, or the next empty one. */
function readWith(consumer: RawConsumer, commit: (offsets: RawOffset[]) => Promise<void>): Reader {
  const inbox: Inbox = createInbox();
  const uncommitted = new Map<string, RawOffset>();
  let isOpen = true;
  consumer.on('event.error', (error) => inbox.complain(error));
  consumer.on('partition.eof', (end) => inbox.moveTo(end, BigInt(end.offset)));
  consumer.setDefaultConsumeTimeout(CONSUME_TIMEOUT_MS);
  const poll = async (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<RawMessage[]>();
    consumer.consume(BATCH_MESSAGES, (error, messages) => (error ? reject(error) : resolve(messages)));
    for (const { topic, partition, offset, key } of await promise) {
      inbox.add({ topic, partition, key: String(key), offset: BigInt(offset) });
      inbox.moveTo({ topic, partition }, BigInt(offset) + 1n);
      uncommitted.set(`${topic}/${partition}`, { topic, partition, offset: offset + 1 });
    }
    if (uncommitted.size > 0) await commit([...uncommitted.values()]);
    uncommitted.clear();
  };
  const polling = (async () => {
    while (isOpen) {
      await poll().catch(async (error: unknown) => {
        inbox.complain(error);
        await sleep(100);
      });
    }
  })();
  return {
    take: async () => inbox.take(),
    async close() {
      isOpen = false;
      await polling;
      await closeConsumer(consumer);
    },
  };
}

const closeProducer = (producer: RawProducer): Promise<void> =>
  call((done) => producer.disconnect(CLOSE_TIMEOUT_MS, done)).catch(() => {});
const closeConsumer = (consumer: RawConsumer): Promise<void> =>
  call((done) => consumer.disconnect(done)).catch(() => {});

function call(run: (done: Done) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  run((error) => (error ? reject(error) : resolve()));
  return promise;
}
