import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { createHealth } from 'qcc-core/base/health';
import { createLogger } from 'qcc-core/base/logs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS, type TopicSpec, topicName } from 'qcc-core/contract/topics';
import { askWhileSpreading } from 'qcc-core/kafka/client/ask-while-spreading';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { followTopic } from 'qcc-core/kafka/exactly-once/follow-topic';
import { openTable } from 'qcc-core/kafka/exactly-once/table';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { deleteTopic } from './delete-topic.ts';
import { produce } from './topic-reader.ts';

const stack = inject('stack');
/** Not compacted, so that the test says what of it goes, and when. */
const TOPIC: TopicSpec = { ...TOPICS.detailGate, cleanup: 'delete' };

/** A client whose connections can be cut. */
function connectCuttably(brokers: string[]) {
  const line = { isCut: false, cut() {}, mend() {} };
  const open = new Set<Socket>();
  line.cut = () => {
    line.isCut = true;
    for (const socket of open) socket.destroy(new Error('cut'));
  };
  line.mend = () => {
    line.isCut = false;
  };
  const kafka = new Kafka({
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 300, retries: 5 },
    socketFactory({ host, port, onConnect }) {
      const socket = new Socket();
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      if (line.isCut) return socket.destroy(new Error('cut'));
      return socket.setNoDelay(true).connect(port, host, onConnect);
    },
  });
  return { kafka, line };
}

/** A topic of its own, and a table of it that can be cut off; `told` is what `onValue` was told. */
async function setUp() {
  await using opened = new AsyncDisposableStack();
  const prefix = `table-${randomUUID()}.`;
  const settings = readSettings({ ...stack, TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const topic = topicName(prefix, TOPIC);
  const admin = kafka.admin();
  await admin.connect();
  opened.defer(() => admin.disconnect());
  const create = async () => {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    await askWhileSpreading(() => admin.fetchTopicOffsets(topic));
  };
  await create();
  const send = (...entries: [key: string, value: string | null][]) =>
    produce(
      kafka,
      prefix,
      entries.map(([key, value]) => ({ topic: TOPIC, key, value: value === null ? null : Buffer.from(value) })),
    );
  const { kafka: cuttable, line } = connectCuttably(settings.KAFKA_BROKERS);
  const health = createHealth({ parts: [] });
  const told: string[] = [];
  const table = opened.use(
    await openTable({
      kafka: cuttable,
      topic: TOPIC,
      prefix,
      group: `${prefix}test`,
      sessionTimeoutMs: 6_000,
      health,
      log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
      decode: async (bytes) => bytes.toString(),
      onValue: (key, value) => void told.push(`${key} ${value}`),
    }),
  );
  const groups = async () =>
    (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter((name) => name.startsWith(prefix));
  /** A second member makes the group share its partitions again. */
  const joinAgain = async (group: string) => {
    const other = kafka.consumer({ groupId: group, sessionTimeout: 6_000 });
    await other.connect();
    await other.subscribe({ topic });
    await other.run({ eachMessage: async () => {} });
    await other.disconnect();
  };
  const kept = opened.move();
  return {
    kafka,
    prefix,
    joinAgain,
    admin,
    topic,
    create,
    send,
    line,
    health,
    told,
    groups,
    catchUp: () => table.catchUp(0, (marker) => produce(kafka, prefix, [marker])),
    shown: () => Object.fromEntries(table.entries(0)),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

test('a reader that has to join its group again is told nothing twice, and shows what it showed', async () => {
  await using bed = await setUp();
  await bed.send(['gate', 'closed'], ['gate', 'open'], ['gate', 'closed for an hour']);
  await bed.catchUp();

  const [group] = await bed.groups();
  await bed.joinAgain(group!);

  await bed.send(['other', 'new']);
  await bed.catchUp();
  expect(bed.told).toEqual(['gate closed', 'gate open', 'gate closed for an hour', 'other new']);
  expect(bed.shown()).toEqual({ gate: 'closed for an hour', other: 'new' });
});

test('a follower that has to join its group again is given nothing again, so an erased value stays erased', async () => {
  await using bed = await setUp();
  await bed.send(['erased', 'a'], ['kept', 'b'], ['erased', null]);
  const given: string[] = [];
  await using _ = await followTopic({
    kafka: bed.kafka,
    topic: TOPIC,
    prefix: bed.prefix,
    group: `${bed.prefix}follower`,
    sessionTimeoutMs: 6_000,
    health: createHealth({ parts: [] }),
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
    wants: () => true,
    decode: async (bytes) => bytes.toString(),
    onValue: (value) => void given.push(value),
    onTombstone: (key) => void given.push(`${key} is gone`),
  });
  expect(given).toEqual(['a', 'b', 'erased is gone']);
  await bed.send(['kept', 'c']);
  await vi.waitFor(() => expect(given).toContain('c'), PATIENCE);

  const group = (await bed.groups()).find((name) => name.includes(`.follower.${TOPIC.name}.`));
  await bed.joinAgain(group!);
  await bed.send(['erased', 'd']);
  await vi.waitFor(() => expect(given).toContain('d'), PATIENCE);
  expect(given).toEqual(['a', 'b', 'erased is gone', 'c', 'd']);
});

test('a key that was removed while a reader was cut off is gone, although its tombstone was deleted', {
  tags: 'whole',
}, async () => {
  await using bed = await setUp();
  await bed.send(['removed', 'a'], ['kept', 'b']);
  await bed.catchUp();
  expect(bed.shown()).toEqual({ removed: 'a', kept: 'b' });

  bed.line.cut();
  await vi.waitFor(() => expect(bed.health.problems()).not.toEqual({}), PATIENCE);
  await bed.send(['removed', null], ['kept', 'b']);
  // As compaction does in the end; before is the marker, at 2.
  await bed.admin.deleteTopicRecords({ topic: bed.topic, partitions: [{ partition: 0, offset: '4' }] });
  const waiting = bed.catchUp();
  bed.line.mend();
  await waiting;
  expect(bed.shown()).toEqual({ kept: 'b' });
  expect(bed.told).toEqual(['removed a', 'kept b', 'kept b']);
});

test('a topic that was deleted and made anew is read as the new one', async () => {
  await using bed = await setUp();
  await bed.send(['old', 'a'], ['both', 'b']);
  await bed.catchUp();

  await deleteTopic(bed.admin, bed.topic);
  await bed.create();
  await bed.send(['both', 'c']);
  await vi.waitFor(() => expect(bed.told).toEqual(['old a', 'both b', 'both c']), PATIENCE);
  expect(bed.shown()).toEqual({ both: 'c' });
  await bed.catchUp();
});
