import { randomUUID } from 'node:crypto';
import { connectCodec } from 'qcc-core/avro/codec';
import { createHealth } from 'qcc-core/health';
import { accountName } from 'qcc-core/kafka/account-name';
import { createKafka } from 'qcc-core/kafka/connect';
import { ensureTopics } from 'qcc-core/kafka/ensure-topics';
import { type Lane, type LaneInput, openLane } from 'qcc-core/kafka/lane';
import { TOPICS, topicName } from 'qcc-core/kafka/topics';
import { runWorker } from 'qcc-core/kafka/worker';
import { createLogger } from 'qcc-core/logs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/settings';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { produce } from './topic-reader.ts';

const FROM = TOPICS.orders;

async function setUp() {
  const prefix = `worker-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  const worker = { kafka, prefix, service: 'test', group: `${prefix}test` };
  const opened: Lane[] = [];
  const processed: string[] = [];
  const start = (openState?: (lane: Lane) => Promise<void>, account = 'main') =>
    runWorker({
      ...worker,
      service: accountName(worker.service, account),
      group: `${prefix}${accountName(worker.service, account)}`,
      from: FROM,
      codec,
      hasPublished: async () => false,
      sessionTimeoutMs: 6_000,
      health: createHealth({ parts: [] }),
      healthPart: 'orders',
      log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
      async openState(lane) {
        opened.push(lane);
        await openState?.(lane);
      },
      async process({ lane, messages, nextOffset }) {
        await lane.transact(async () => {}, { nextOffset });
        processed.push(...messages.map(({ key }) => String(key)));
      },
    });
  const send = (keys: string[]) =>
    produce(
      kafka,
      prefix,
      keys.map((key) => ({ topic: FROM, key, value: Buffer.from(key) })),
    );
  return { kafka, prefix, worker, opened, processed, start, send };
}

test('every assigned partition has a lane before its first message, and no message is processed twice', async () => {
  const { opened, processed, start, send } = await setUp();
  {
    await using _ = await start();
    await vi.waitFor(() => expect(opened.map(({ partition }) => partition).sort()).toEqual([0, 1, 2]), PATIENCE);
    expect(processed).toEqual([]);
    await send(['a', 'b', 'c', 'd', 'e']);
    await vi.waitFor(() => expect(processed).toHaveLength(5), PATIENCE);
  }
  expect(opened.every(({ signal }) => signal.aborted)).toBe(true);
  {
    await using _ = await start();
    await send(['f', 'g', 'h']);
    await vi.waitFor(() => expect(processed).toHaveLength(8), PATIENCE);
  }
  expect(processed.sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
});

test('a lane that another owner fenced is opened anew without traffic', async () => {
  const { prefix, worker, opened, processed, start, send } = await setUp();
  await using _ = await start();
  await vi.waitFor(() => expect(opened).toHaveLength(3), PATIENCE);
  const lane = opened.find(({ partition }) => partition === 1)!;
  const offsets: LaneInput['offsets'] = {
    resume: async () => 0n,
    message: (partition) => ({ topic: TOPICS.inputOffsets, key: 'other', value: Buffer.from('0'), partition }),
  };
  await using other = await openLane({ ...worker, topic: topicName(prefix, FROM), partition: 1, offsets });
  await expect(lane.transact((transaction) => transaction.send([]), { nextOffset: 0n })).rejects.toThrow('lost');
  await vi.waitFor(() => expect(opened).toHaveLength(4), PATIENCE);
  expect(opened[3]!.partition).toBe(1);
  await expect(other.transact((transaction) => transaction.send([]), { nextOffset: 0n })).rejects.toThrow('lost');
  await send(['a', 'b', 'c', 'd', 'e']);
  await vi.waitFor(() => expect(processed).toHaveLength(5), PATIENCE);
});

test('a lane whose state cannot be read back is opened again, and the state that hangs does not keep it from ending', async () => {
  const { opened, start } = await setUp();
  let failures = 3;
  const worker = await start(async () => {
    if (failures-- > 0) throw new Error('no state yet');
    await new Promise(() => {});
  });
  await vi.waitFor(() => expect(opened.length).toBeGreaterThanOrEqual(6), PATIENCE);
  await worker[Symbol.asyncDispose]();
  expect(opened.every(({ signal }) => signal.aborted)).toBe(true);
});

test('the instances of two accounts each process every message once', async () => {
  const { processed, start, send } = await setUp();
  await using _one = await start();
  await using _other = await start(undefined, 'other');
  await send(['a', 'b', 'c', 'd', 'e']);
  await vi.waitFor(() => expect(processed).toHaveLength(10), PATIENCE);
  await send(['f', 'g', 'h']);
  await vi.waitFor(() => expect(processed).toHaveLength(16), PATIENCE);
  expect(processed.sort()).toEqual([...'aabbccddeeffgghh']);
});
