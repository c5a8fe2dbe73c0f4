/** Topics of a broker that compresses batches again, as `compression.type` of the broker or of a topic may ask for. */
import { randomUUID } from 'node:crypto';
import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { expect, inject, test, vi } from 'vitest';
import { openKafkaCluster } from '../harness/kafka-cluster.ts';
import { PATIENCE } from '../harness/patience.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { produce } from './topic-reader.ts';

const TOPIC = TOPICS.detailGate;
const KEYS = Array.from({ length: 200 }, (_, index) => `key ${index}`);
const VALUE = 'a value that repeats itself '.repeat(20);

/** Creates the topic as somebody else does. */
async function createTopic(kafka: Kafka, topic: string, config: Readonly<Record<string, string>> = {}): Promise<void> {
  const configEntries = Object.entries({ ...config, 'cleanup.policy': TOPIC.cleanup }).map(([name, value]) => {
    return { name, value };
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic, numPartitions: TOPIC.partitions, configEntries }],
  });
  await admin.disconnect();
}

test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
  'a topic whose broker compresses with %s is named at the start, and read with the fast paths and without',
  async (codec) => {
    const prefix = `compression-${randomUUID()}.`;
    const topic = topicName(prefix, TOPIC);
    const connect = (KAFKA_FAST_PATHS: boolean) => {
      const settings = {
        ...readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS),
        KAFKA_FAST_PATHS,
      };
      return { settings, kafka: createKafka({ settings, clientId: 'test', logCreator: () => () => {} }) };
    };
    const { kafka, settings } = connect(true);
    await createTopic(kafka, topic, { 'compression.type': codec });
    expect(await ensureTopics(kafka, settings)).toContain(`topic ${topic} has compression.type=${codec}, not producer`);
    await produce(
      kafka,
      prefix,
      KEYS.map((key) => ({ topic: TOPIC, key, value: Buffer.from(VALUE) })),
    );
    for (const isFast of [true, false]) {
      // The coordinator of a broker that has just started is loading for a while.
      await vi.waitFor(async () => {
        const read: unknown[] = [];
        const onMessage = ({ key, value }: KafkaMessage) => void read.push([String(key), String(value)]);
        await readTopic({ kafka: connect(isFast).kafka, topic, prefix, onMessage });
        expect(read).toEqual(KEYS.map((key) => [key, VALUE]));
      }, PATIENCE);
    }
  },
);

test('the doctor names a topic whose broker compresses batches again', async () => {
  const env = { ...inject('stack'), TOPIC_PREFIX: `compression-${randomUUID()}.` };
  const settings = readSettings(env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const topic = topicName(env.TOPIC_PREFIX, TOPIC);
  await createTopic(kafka, topic, { 'compression.type': 'zstd' });
  await ensureTopics(kafka, settings);
  expect((await runQcc(env, ['doctor'])).out).toMatch(
    new RegExp(`^ok {4}Kafka: \\d+ topics at .*; but topic ${topic} has compression.type=zstd, not producer`, 'm'),
  );
});

test('topics are created so that a broker with compression.type=zstd keeps batches as they came', {
  tags: 'whole',
}, async () => {
  await using cluster = await openKafkaCluster({ size: 1, properties: { 'compression.type': 'zstd' } });
  const env = { ...inject('stack'), KAFKA_BROKERS: cluster.brokers, TOPIC_PREFIX: 'compression.' };
  const settings = readSettings(env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await createTopic(kafka, 'of-somebody-else');
  expect(await ensureTopics(kafka, settings)).toEqual([]);
  const names = Object.values(TOPICS).map((topic) => topicName(env.TOPIC_PREFIX, topic));
  const types = await compressionTypes(kafka, [...names, 'of-somebody-else']);
  expect(types).toEqual({ ...Object.fromEntries(names.map((name) => [name, 'producer'])), 'of-somebody-else': 'zstd' });
});

async function compressionTypes(kafka: Kafka, names: readonly string[]): Promise<Record<string, string | undefined>> {
  const admin = kafka.admin();
  await admin.connect();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['compression.type'],
    })),
  });
  await admin.disconnect();
  return Object.fromEntries(
    resources.map(({ resourceName, configEntries }) => [resourceName, configEntries[0]?.configValue]),
  );
}
