import type { Kafka, ProducerBatch } from 'kafkajs';
import { TOPICS } from 'qcc-core/contract/topics';
import { batchesOf, noteEncoding } from 'qcc-core/kafka/kafkajs-2.2.4/produce-packed';
import { type Stored, UNEVEN_SENDS } from 'qcc-core/testing/uneven-sends';
import { expect, test } from 'vitest';
import type { KafkaSide } from './connect-kafka.ts';
import { openFencedWriter } from './fenced-writer.ts';

/** Transactional producers that encode each batch as often as the test asks, and acknowledge what the test names. */
function kafkaStoring({
  times = 1,
  acknowledge = (stored: Stored[]) => stored,
  commit = async (): Promise<void> => {},
} = {}) {
  /** What ended each transaction, with the number of its producer. */
  const ended: [producer: number, how: string][] = [];
  let producers = 0;
  const producer = () => {
    producers += 1;
    const number = producers;
    return {
      connect: async () => {},
      disconnect: async () => {},
      transaction: async () => ({
        sendBatch: async ({ topicMessages = [] }: ProducerBatch) => {
          const stored: Stored[] = [];
          for (const each of topicMessages) {
            for (const [partition, batch] of batchesOf(each) ?? []) {
              for (let turn = 0; turn < times; turn += 1) noteEncoding(batch);
              stored.push({ topicName: each.topic, partition, errorCode: 0 });
            }
          }
          return acknowledge(stored);
        },
        async commit() {
          ended.push([number, 'commit']);
          await commit();
        },
        abort: async () => void ended.push([number, 'abort']),
      }),
    };
  };
  const settings = { TOPIC_PREFIX: '' } as KafkaSide['settings'];
  return { side: { kafka: { producer } as unknown as Kafka, settings }, ended };
}

const MESSAGE = { topic: TOPICS.records, key: 'k', value: Buffer.from('v'), partition: 0 };

test('messages of which each batch is stored once are committed', async () => {
  const { side, ended } = kafkaStoring();
  await using writer = await openFencedWriter(side, 'test');
  ended.length = 0;
  await writer.write([MESSAGE, { ...MESSAGE, partition: 3 }]);
  expect(ended).toEqual([[1, 'commit']]);
});

test.each(UNEVEN_SENDS)(
  'messages of which a batch is %s are not committed, and another producer ends their transaction',
  async (_name, how, why) => {
    const { side, ended } = kafkaStoring(how);
    await using writer = await openFencedWriter(side, 'test');
    ended.length = 0;
    await expect(writer.write([MESSAGE])).rejects.toMatchObject({
      name: 'UnevenSendError',
      message: expect.stringContaining(why),
    });
    expect(ended).toEqual([[2, 'abort']]);
  },
);

test.each([
  ['is refused, because another writer has taken over', 'INVALID_PRODUCER_EPOCH', 'has taken over: run this one again'],
  [
    'is answered without an outcome, as while another writer takes over',
    'UNKNOWN',
    'may have taken over, and the brokers do not say whether this one has written: run this one again',
  ],
  [
    'finds the coordinator busy, as while another writer takes over',
    'CONCURRENT_TRANSACTIONS',
    'may have taken over, and the brokers do not say whether this one has written: run this one again',
  ],
])('a commit that %s says so, and does not stop the other writer', async (_name, type, why) => {
  const { side, ended } = kafkaStoring({ commit: () => Promise.reject(Object.assign(new Error(type), { type })) });
  await using writer = await openFencedWriter(side, 'test');
  ended.length = 0;
  await expect(writer.write([MESSAGE])).rejects.toMatchObject({
    name: 'CommandFailure',
    message: `another \`npx qcc\` command that writes the same data ${why}`,
  });
  expect(ended).toEqual([[1, 'commit']]);
});

test('if a commit fails for another reason, the writer throws that error and ends the transaction by another producer', async () => {
  const failure = Object.assign(new Error('moved'), { type: 'NOT_COORDINATOR_FOR_GROUP' });
  const { side, ended } = kafkaStoring({ commit: () => Promise.reject(failure) });
  await using writer = await openFencedWriter(side, 'test');
  ended.length = 0;
  await expect(writer.write([MESSAGE])).rejects.toBe(failure);
  expect(ended).toEqual([
    [1, 'commit'],
    [2, 'abort'],
  ]);
});
