import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { connectCodec } from 'qcc-core/avro/codec';
import { createHealth } from 'qcc-core/base/health';
import { createLogger } from 'qcc-core/base/logs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { accountName } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { LaneBrokenError } from 'qcc-core/kafka/client/errors';
import { type Lane, type LaneInput, openLane } from 'qcc-core/kafka/exactly-once/lane';
import { runWorker } from 'qcc-core/kafka/exactly-once/worker';
import { partitionOf } from 'qcc-core/kafka/wire/outgoing';
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
  const logged: string[] = [];
  const lines = { write: (line: string) => void logged.push(line) };
  const start = (openState?: (lane: Lane) => Promise<void>, account = 'main', client = kafka) =>
    runWorker({
      ...worker,
      kafka: client,
      service: accountName(worker.service, account),
      group: `${prefix}${accountName(worker.service, account)}`,
      from: FROM,
      codec,
      hasPublished: async () => false,
      sessionTimeoutMs: 6_000,
      health: createHealth({ parts: [] }),
      healthPart: 'orders',
      log: createLogger({ service: 'test', level: 'error', secrets: [], destination: lines }),
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
  return { kafka, prefix, worker, opened, processed, logged, start, send, brokers: settings.KAFKA_BROKERS };
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
  await expect(lane.transact((transaction) => transaction.send([]), { nextOffset: 0n })).rejects.toThrow(
    LaneBrokenError,
  );
  await vi.waitFor(() => expect(opened).toHaveLength(4), PATIENCE);
  expect(opened[3]!.partition).toBe(1);
  await expect(other.transact((transaction) => transaction.send([]), { nextOffset: 0n })).rejects.toThrow(
    LaneBrokenError,
  );
  await send(['a', 'b', 'c', 'd', 'e']);
  await vi.waitFor(() => expect(processed).toHaveLength(5), PATIENCE);
});

test('a lane whose state cannot be read back is opened again, and the state that hangs does not keep it from ending', {
  tags: 'whole',
}, async () => {
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

const [FIND_COORDINATOR, JOIN, HEARTBEAT, LEAVE, SYNC, TXN_OFFSET_COMMIT] = [10, 11, 12, 13, 14, 28];
const OF_GROUP = new Set([JOIN, HEARTBEAT, LEAVE, SYNC, TXN_OFFSET_COMMIT]);
const API_KEY_AT = 4;
/** The last byte of FindCoordinator says of what: 0 is a group, 1 a transaction. */
const isOfGroup = (request: Buffer): boolean => {
  const apiKey = request.readInt16BE(API_KEY_AT);
  return OF_GROUP.has(apiKey) || (apiKey === FIND_COORDINATOR && request.at(-1) === 0);
};

/** A client whose requests to the coordinator of its group can be lost, while all others arrive. */
function connectCuttably(brokers: string[]) {
  const line = { isCut: false };
  const kafka = new Kafka({
    brokers,
    logLevel: logLevel.NOTHING,
    socketFactory({ host, port, onConnect }) {
      const socket = connect({ host, port }, onConnect);
      const { write } = socket;
      socket.write = ((request: Buffer, ...rest: []) =>
        (line.isCut && isOfGroup(request)) || write.call(socket, request, ...rest)) as Socket['write'];
      return socket;
    },
  });
  return { kafka, line };
}

test('an instance that reaches all but its group stops owning after a session, and does not fence the new owner', {
  tags: 'whole',
}, async () => {
  const { prefix, brokers, opened, processed, logged, start, send } = await setUp();
  const { kafka: cuttable, line } = connectCuttably(brokers);
  const ofCut: Lane[] = [];
  await using _cut = await start(async (lane) => void ofCut.push(lane), 'main', cuttable);
  await vi.waitFor(() => expect(ofCut).toHaveLength(3), PATIENCE);
  await send(['a']);
  await vi.waitFor(() => expect(processed).toEqual(['a']), PATIENCE);

  line.isCut = true;
  await using _owner = await start();
  // The consumer of the input offsets is cut off as well, and may find it out first.
  const ended = `${topicName(prefix, FROM)} ended and is replaced: no heartbeat was answered for 6000 ms`;
  await vi.waitFor(() => expect(logged.join()).toContain(ended), PATIENCE);
  expect(ofCut.every(({ signal }) => signal.aborted)).toBe(true);
  const lastOfCut = ofCut.length;
  const isServed = () => {
    const live = opened.filter(({ signal }) => !signal.aborted).map(({ partition }) => partition);
    expect(live.sort()).toEqual([0, 1, 2]);
  };
  await vi.waitFor(isServed, PATIENCE);
  const lanes = opened.length;
  // Longer than a lane that is broken takes to be opened again, and each of these is a transaction that a fence would end.
  for (let number = 0; number < 20; number += 1) {
    await send([`b${number}`]);
    await vi.waitFor(() => expect(processed).toHaveLength(2 + number), PATIENCE);
  }
  expect(new Set(processed).size).toBe(21);
  expect([opened.length, ofCut.length]).toEqual([lanes, lastOfCut]);
});

/** A client whose consumers take all that is in a topic for read when they join. */
function connectAstray(
  brokers: string[],
  topic: string,
  ends: readonly { partition: number; offset: string }[],
): Kafka {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const make = kafka.consumer.bind(kafka);
  kafka.consumer = (config) => {
    const consumer = make(config);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (payload.memberAssignment[topic]) for (const end of ends) consumer.seek({ topic, ...end });
    });
    return consumer;
  };
  return kafka;
}

// kafkajs takes the offset of a transaction for committed before the commit. If the member joins again meanwhile, it reads on there.
test('an instance reads on where its lanes go on, wherever kafkajs would', { tags: 'whole' }, async () => {
  const { kafka, brokers, prefix, processed, start, send } = await setUp();
  {
    await using _ = await start();
    await send(['a', 'b', 'c', 'd', 'e']);
    await vi.waitFor(() => expect(processed).toHaveLength(5), PATIENCE);
  }
  await send(['f', 'g', 'h', 'i', 'j']);
  const topic = topicName(prefix, FROM);
  const admin = kafka.admin();
  await admin.connect();
  const ends = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({ partition, offset: high }));
  await admin.disconnect();

  await using _ = await start(undefined, 'main', connectAstray(brokers, topic, ends));
  await vi.waitFor(() => expect(processed).toHaveLength(10), PATIENCE);
  expect(processed.sort().join('')).toBe('abcdefghij');
});

test('a partition whose lane does not open holds up no other partition', async () => {
  const { opened, processed, start, send } = await setUp();
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const held = partitionOf(FROM, 'a');
  await using _ = await start(async ({ partition }) => {
    if (partition === held) await new Promise(() => {});
  });
  const others = keys.filter((key) => partitionOf(FROM, key) !== held);
  for (let round = 1; round <= 3; round += 1) {
    await send(keys);
    await vi.waitFor(() => expect(processed).toHaveLength(round * others.length), PATIENCE);
  }
  expect(new Set(processed)).toEqual(new Set(others));
  // All of it went on during its first attempt.
  expect(opened.filter(({ partition }) => partition === held)).toHaveLength(1);
});

test('the instances of two accounts each process every message once', { tags: 'whole' }, async () => {
  const { processed, start, send } = await setUp();
  await using _one = await start();
  await using _other = await start(undefined, 'other');
  await send(['a', 'b', 'c', 'd', 'e']);
  await vi.waitFor(() => expect(processed).toHaveLength(10), PATIENCE);
  await send(['f', 'g', 'h']);
  await vi.waitFor(() => expect(processed).toHaveLength(16), PATIENCE);
  expect(processed.sort()).toEqual([...'aabbccddeeffgghh']);
});
