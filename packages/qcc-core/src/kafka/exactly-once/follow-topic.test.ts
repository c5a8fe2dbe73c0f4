import type { Kafka, KafkaMessage } from 'kafkajs';
import { beforeEach, expect, test, vi } from 'vitest';
import { createHealth } from '../../base/health.ts';
import { createLogger } from '../../base/logs.ts';
import { TOPICS } from '../../contract/topics.ts';
import type { Batch, ConsumeInput } from '../client/consume.ts';
import type { ReadInput } from '../client/read-topic.ts';
import { followTopic } from './follow-topic.ts';

type Entry = readonly [key: string, value: string | null];

/** The topic before the start, the consumer that follows it, driven by the test, and the topic's id. */
const world = vi.hoisted(() => ({
  before: [] as Entry[],
  consumer: undefined as ConsumeInput | undefined,
  topicId: 'a',
}));
const toMessage = ([key, value]: Entry, offset: number) =>
  ({
    offset: String(offset),
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  }) as KafkaMessage;
vi.mock('../client/read-topic.ts', () => ({
  async readTopic({ onMessage }: ReadInput) {
    for (const [offset, entry] of world.before.entries()) await onMessage(toMessage(entry, offset), 0);
  },
}));
vi.mock('../client/consume.ts', () => ({
  async consume(input: ConsumeInput) {
    world.consumer = input;
    await input.readsAll?.beforeJoin?.();
    input.onAssigned?.({}, () => {});
    return { [Symbol.asyncDispose]: async () => {} };
  },
}));
vi.mock('../kafkajs-2.2.4/topic-id.ts', () => ({ fetchTopicId: async () => world.topicId }));

beforeEach(() => {
  world.topicId = 'a';
});

async function setUp(before: readonly Entry[]) {
  world.before = [...before];
  const told: string[] = [];
  await followTopic({
    kafka: {} as Kafka,
    topic: TOPICS.portfolio,
    prefix: '',
    group: 'test',
    sessionTimeoutMs: 6_000,
    health: createHealth({ parts: [] }),
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
    wants: (key) => key.startsWith('main|'),
    decode: async (bytes) => bytes.toString(),
    onValue: (value) => void told.push(value),
    onTombstone: (key) => void told.push(`${key} is gone`),
  });
  return {
    /** The calls since the last look. */
    told: () => told.splice(0),
    /** The consumer reads these messages of partition 0, the first of them at the offset. */
    read: (first: number, entries: readonly Entry[]) =>
      world.consumer!.onBatch({
        partition: 0,
        messages: entries.map((entry, index) => toMessage(entry, first + index)),
        leaderEpochs: [] as Batch['leaderEpochs'],
        signal: new AbortController().signal,
      } as Batch),
    async joinAgain() {
      await world.consumer!.readsAll!.beforeJoin!();
      world.consumer!.onAssigned!({}, () => {});
    },
  };
}

const ERASED: readonly Entry[] = [
  ['main|1', 'loaded'],
  ['main|2', 'kept'],
  ['other|1', 'of another account'],
  ['main|1', null],
];

test('the values that were there before the start are given once, though the consumer reads them again', async () => {
  const { told, read } = await setUp(ERASED);
  expect(told()).toEqual(['loaded', 'kept', 'main|1 is gone']);
  await read(0, ERASED);
  expect(told()).toEqual([]);
  await read(4, [
    ['main|1', 'loaded again'],
    ['main|2', null],
  ]);
  expect(told()).toEqual(['loaded again', 'main|2 is gone']);
});

test('a reader that joins its group again is given nothing again, so an erased value stays erased', async () => {
  const { told, read, joinAgain } = await setUp([]);
  await read(0, ERASED);
  expect(told()).toEqual(['loaded', 'kept', 'main|1 is gone']);
  await joinAgain();
  await read(0, ERASED);
  expect(told()).toEqual([]);
  await read(4, [['main|2', 'newer']]);
  expect(told()).toEqual(['newer']);
});

test('a topic that was created again is given whole, at the offsets that it has now', async () => {
  const { told, read, joinAgain } = await setUp(ERASED);
  await read(0, ERASED);
  told();
  world.topicId = 'b';
  await joinAgain();
  await read(0, [['main|1', 'in the new topic']]);
  expect(told()).toEqual(['in the new topic']);
});
