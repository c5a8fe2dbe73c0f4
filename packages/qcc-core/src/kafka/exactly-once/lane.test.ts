import type { Kafka, TopicMessages } from 'kafkajs';
import { expect, test } from 'vitest';
import { TOPICS } from '../../contract/topics.ts';
import { type Stored, UNEVEN_SENDS } from '../../testing/uneven-sends.ts';
import { kafkaJsModule } from '../kafkajs-2.2.4/guard.ts';
import { batchesOf, noteEncoding } from '../kafkajs-2.2.4/produce-packed.ts';
import { type LaneInput, openLane } from './lane.ts';

const offsets: LaneInput['offsets'] = {
  resume: async () => 0n,
  message: (partition) => ({ topic: TOPICS.inputOffsets, key: 'k', value: Buffer.from('v'), partition }),
};

/** A transactional producer that encodes each batch as often as the test asks, and acknowledges what the test names. */
function kafkaStoring({
  times = 1,
  acknowledge = (stored: Stored[]) => stored,
  commit = async (): Promise<void> => {},
  begin = async (): Promise<void> => {},
} = {}) {
  const ended: string[] = [];
  const batches: TopicMessages[][] = [];
  const transaction = () => ({
    isActive: () => true,
    sendBatch: async ({ topicMessages }: { topicMessages: TopicMessages[] }) => {
      batches.push(topicMessages);
      const stored: Stored[] = [];
      for (const { topic, messages } of topicMessages) {
        for (const [partition, batch] of batchesOf({ topic, messages }) ?? []) {
          for (let turn = 0; turn < times; turn += 1) noteEncoding(batch);
          stored.push({ topicName: topic, partition, errorCode: 0 });
        }
      }
      return acknowledge(stored);
    },
    sendOffsets: async () => {},
    commit: async () => {
      ended.push('commit');
      await commit();
    },
    abort: async () => void ended.push('abort'),
  });
  const producer = {
    connect: async () => {},
    disconnect: async () => {},
    async transaction() {
      await begin();
      return transaction();
    },
  };
  return { kafka: { producer: () => producer } as unknown as Kafka, ended, batches };
}

const INPUT = { prefix: '', service: 'test', topic: 'orders', group: 'test', partition: 0, offsets };
const MESSAGE = { topic: TOPICS.records, key: 'k', value: Buffer.from('v') };

test('a lane opens once the coordinator has ended the transaction of an older owner', async () => {
  let attempts = 0;
  const { kafka } = kafkaStoring({
    async begin() {
      attempts += 1;
      // As kafkajs reports it from a producer that makes one attempt.
      const cause = Object.assign(new Error('busy'), { type: 'CONCURRENT_TRANSACTIONS' });
      if (attempts < 3) throw new Error('busy', { cause });
    },
  });
  const lane = await openLane({ ...INPUT, kafka });
  expect([attempts, lane.signal.aborted]).toEqual([3, false]);
});

test('if the brokers refuse a producer id for another reason, opening the lane throws their error', async () => {
  const refused = Object.assign(new Error('refused'), { type: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' });
  const { kafka } = kafkaStoring({ begin: () => Promise.reject(refused) });
  await expect(openLane({ ...INPUT, kafka })).rejects.toBe(refused);
});

test('a transaction whose batches are stored once each is committed, also if several go to one partition', async () => {
  const { kafka, ended } = kafkaStoring();
  const lane = await openLane({ ...INPUT, kafka });
  ended.length = 0;
  await lane.transact(async (transaction) => {
    await transaction.send([MESSAGE, { ...MESSAGE, partition: 3 }]);
    await transaction.send([MESSAGE]);
  });
  expect(ended).toEqual(['commit']);
  expect(lane.signal.aborted).toBe(false);
});

test.each(UNEVEN_SENDS)(
  'a transaction of which a batch is %s is not committed, and its lane breaks',
  async (_name, how, why) => {
    const { kafka, ended } = kafkaStoring(how);
    const lane = await openLane({ ...INPUT, kafka });
    ended.length = 0;
    const sent = lane.transact((transaction) => transaction.send([MESSAGE]));
    await expect(sent).rejects.toMatchObject({
      cause: { name: 'UnevenSendError', message: expect.stringContaining(why) },
    });
    expect(ended).toEqual([]);
    expect(lane.signal.aborted).toBe(true);
  },
);

test('a transaction that commits its input says so on the topic of input offsets', async () => {
  const { kafka, batches } = kafkaStoring();
  const lane = await openLane({ ...INPUT, kafka });
  await lane.transact((transaction) => transaction.send([MESSAGE]), { nextOffset: 7n });
  expect(batches.flat().map(({ topic }) => topic)).toEqual(['records', 'input-offsets']);
  expect(lane.nextOffset).toBe(7n);
});

test('a commit that fails is not tried again, and nothing else ends its transaction: the lane breaks', async () => {
  const failed = new Error('the response was lost');
  const commit = async () => {
    throw failed;
  };
  const { kafka, ended } = kafkaStoring({ commit });
  const lane = await openLane({ ...INPUT, kafka });
  ended.length = 0;
  const sent = lane.transact((transaction) => transaction.send([MESSAGE]), { nextOffset: 7n });
  await expect(sent).rejects.toMatchObject({ name: 'LaneBrokenError', cause: failed });
  await expect(lane.transact(async () => {})).rejects.toThrow('is broken');
  expect(ended).toEqual(['commit']);
  expect(lane.nextOffset).toBe(0n);
});

test('kafkajs asks for a commit once, and refuses to ask again when that had no response', async () => {
  type Producer = {
    initProducerId(): Promise<void>;
    beginTransaction(): void;
    addPartitionsToTransaction(topics: object[]): Promise<void>;
    commit(): Promise<void>;
  };
  const createProducer = kafkaJsModule<(input: object) => Producer>('producer/eosManager/index.js');
  let asked = 0;
  const coordinator = {
    initProducerId: async () => ({ producerId: 1, producerEpoch: 0 }),
    addPartitionsToTxn: async () => {},
    endTxn: async () => {
      asked += 1;
      throw new Error('the response was lost');
    },
  };
  const cluster = {
    retry: { initialRetryTime: 1, retries: 3 },
    refreshMetadataIfNecessary: async () => {},
    findGroupCoordinator: async () => coordinator,
  };
  const logger = { debug() {}, namespace: () => logger };
  const producer = createProducer({
    logger,
    cluster,
    transactional: true,
    transactionalId: 'id',
    transactionTimeout: 1,
  });
  await producer.initProducerId();
  producer.beginTransaction();
  await producer.addPartitionsToTransaction([{ topic: 'records', partitions: [{ partition: 0 }] }]);
  await expect(producer.commit()).rejects.toThrow('the response was lost');
  await expect(producer.commit()).rejects.toThrow('Cannot call "commit" in state "COMMITTING"');
  expect(asked).toBe(1);
});

test('an outbox is sent once, however often it is given', async () => {
  const { kafka, ended, batches } = kafkaStoring();
  const lane = await openLane({ ...INPUT, kafka });
  ended.length = 0;
  const outbox = lane.outbox();
  outbox.add(MESSAGE);
  for (let turn = 0; turn < 2; turn += 1) await lane.transact((transaction) => transaction.send([], outbox));
  expect(ended).toEqual(['commit', 'commit']);
  expect(batches.map((requests) => requests.map(({ topic }) => topic))).toEqual([['records']]);
});

test('an outbox that no lane made breaks the lane', async () => {
  const { kafka, ended } = kafkaStoring();
  const lane = await openLane({ ...INPUT, kafka });
  ended.length = 0;
  const sent = lane.transact((transaction) => transaction.send([MESSAGE], { byteLength: 0, add() {} }));
  await expect(sent).rejects.toMatchObject({ cause: expect.any(TypeError) });
  expect(ended).toEqual([]);
});
