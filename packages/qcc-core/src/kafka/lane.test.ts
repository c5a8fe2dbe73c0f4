import { EventEmitter } from 'node:events';
import type { Kafka } from 'kafkajs';
import { expect, test } from 'vitest';
import { openLane } from './lane.ts';
import { TOPICS } from './topics.ts';

/** A transactional producer that answers each batch as often, by broker, as it is told. */
function kafkaAnswering(answers: () => readonly string[]) {
  const ended: string[] = [];
  const emitter = new EventEmitter();
  const transaction = () => ({
    isActive: () => true,
    sendBatch: async () => {
      for (const broker of answers()) emitter.emit('request', { payload: { apiName: 'Produce', broker } });
    },
    commit: async () => void ended.push('commit'),
    abort: async () => void ended.push('abort'),
  });
  const producer = {
    events: { REQUEST: 'request' },
    on: emitter.on.bind(emitter),
    connect: async () => {},
    disconnect: async () => {},
    transaction: async () => transaction(),
  };
  const admin = { connect: async () => {}, disconnect: async () => {}, fetchOffsets: async () => [] };
  return { kafka: { producer: () => producer, admin: () => admin } as unknown as Kafka, ended };
}

const INPUT = { prefix: '', service: 'test', topic: 'orders', group: 'test', partition: 0 };
const MESSAGE = { topic: TOPICS.records, key: 'k', value: Buffer.from('v') };

test.each([
  { what: 'each broker once', answers: ['a:1', 'b:1'], outcome: 'commit' },
  {
    what: 'one broker twice, as kafkajs does where another failed meanwhile',
    answers: ['a:1', 'a:1'],
    outcome: 'abort',
  },
])('a transaction that was sent to $what ends with $outcome', async ({ answers, outcome }) => {
  const { kafka, ended } = kafkaAnswering(() => answers);
  const lane = await openLane({ ...INPUT, kafka });
  ended.length = 0;
  const sent = lane.transact((transaction) => transaction.send([MESSAGE]));
  if (outcome === 'commit') await sent;
  else await expect(sent).rejects.toThrow('lost');
  expect(ended).toEqual([outcome]);
  expect(lane.signal.aborted).toBe(outcome === 'abort');
});

test('batches that follow one another may go to the same broker', async () => {
  const { kafka, ended } = kafkaAnswering(() => ['a:1']);
  const lane = await openLane({ ...INPUT, kafka });
  ended.length = 0;
  await lane.transact(async (transaction) => {
    await transaction.send([MESSAGE]);
    await transaction.send([MESSAGE]);
  });
  expect(ended).toEqual(['commit']);
});
