/** Topics of a broker that compresses batches again, as `compression.type` of the broker or of a topic may ask for. */
import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { produce } from './topic-reader.ts';

const TOPIC = TOPICS.detailGate;
const KEYS = Array.from({ length: 200 }, (_, index) => `key ${index}`);
const VALUE = 'a value that repeats itself '.repeat(20);

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
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: TOPIC.partitions,
          configEntries: [
            { name: 'compression.type', value: codec },
            { name: 'cleanup.policy', value: TOPIC.cleanup },
          ],
        },
      ],
    });
    await admin.disconnect();
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
