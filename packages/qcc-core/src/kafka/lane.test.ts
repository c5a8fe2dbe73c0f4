import { EventEmitter } from 'node:events';
import type { Kafka, TopicMessages } from 'kafkajs';
import { expect, test } from 'vitest';
import { openLane } from './lane.ts';
import { TOPICS } from './topics.ts';

/** A transactional producer that answers each batch as often, by broker, as it is told. */
function kafkaAnswering(answers: () => readonly string[]) {
  const ended: string[] = [];
  const batches: TopicMessages[][] = [];
  const emitter = new EventEmitter();
  const transaction = () => ({
    isActive: () => true,
    sendBatch: async ({ topicMessages }: { topicMessages: TopicMessages[] }) => {
      batches.push(topicMessages);
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
  return { kafka: { producer: () => producer, admin: () => admin } as unknown as Kafka, ended, batches };
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

test('an outbox is sent once, however often it is given', async () => {
  const { kafka, ended, batches } = kafkaAnswering(() => ['a:1']);
  const lane = await openLane({ ...INPUT, kafka });
  ended.length = 0;
  const outbox = lane.outbox();
  outbox.add(MESSAGE);
  for (let turn = 0; turn < 2; turn += 1) await lane.transact((transaction) => transaction.send([], outbox));
  expect(ended).toEqual(['commit', 'commit']);
  expect(batches.map((requests) => requests.map(({ topic }) => topic))).toEqual([['records']]);
});

test('what is no outbox of a lane aborts the transaction', async () => {
  const { kafka, ended } = kafkaAnswering(() => []);
  const lane = await openLane({ ...INPUT, kafka });
  ended.length = 0;
  const sent = lane.transact((transaction) => transaction.send([MESSAGE], { byteLength: 0, add() {} }));
  await expect(sent).rejects.toMatchObject({ cause: expect.any(TypeError) });
  expect(ended).toEqual(['abort']);
});
