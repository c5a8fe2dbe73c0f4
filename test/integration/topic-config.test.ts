import { randomUUID } from 'node:crypto';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { expect, inject, test } from 'vitest';

/** The topics as someone else has created one of them. */
async function ensureWith(topic: string, config: Record<string, string>, env: Record<string, string> = {}) {
  const prefix = `config-${randomUUID()}.`;
  const stack = inject('stack');
  const settings = readSettings({ ...stack, TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic: `${prefix}${topic}`, numPartitions: PARTITIONS[topic]!, configEntries }],
  });
  await admin.disconnect();
  return await ensureTopics(kafka, { ...settings, ...readSettings({ ...stack, ...env }, REPLICATION) });
}
const REPLICATION = ['KAFKA_BROKERS', 'KAFKA_REPLICATION_FACTOR', 'KAFKA_MIN_INSYNC_REPLICAS'] as const;
/** The client itself stays with the brokers of the stack. */
const ELSEWHERE = 'kafka.example:9092';
const PARTITIONS: Record<string, number> = { records: 6, 'order-state': 3 };

test('a public topic with compaction is refused, because it would lose the older messages of a key', async () => {
  await expect(ensureWith('records', { 'cleanup.policy': 'compact' })).rejects.toThrow(
    /records has cleanup.policy=compact, not delete/,
  );
});

test('an internal topic without compaction is refused, because it would lose state after its retention', async () => {
  await expect(ensureWith('order-state', {})).rejects.toThrow(/order-state has cleanup.policy=delete, not compact/);
});

test('a shorter retention is accepted, because it may be intended, and is reported', async () => {
  expect(await ensureWith('records', { 'retention.ms': '3600000' })).toEqual([
    expect.stringContaining('records has retention.ms=3600000'),
  ]);
});

test('topics as they are created are as they should be', async () => {
  expect(await ensureWith('records', { 'retention.ms': '-1' })).toEqual([]);
});

test('brokers on other machines get no topic with a single replica that nobody chose', async () => {
  await expect(ensureWith('records', {}, { KAFKA_BROKERS: ELSEWHERE })).rejects.toThrow(
    /topics are not created: with one replica a lost broker loses .*KAFKA_REPLICATION_FACTOR=3, or 1 to accept/,
  );
});

test('a single replica works on other machines once it is set', async () => {
  const env = { KAFKA_BROKERS: ELSEWHERE, KAFKA_REPLICATION_FACTOR: '1' };
  expect(await ensureWith('records', { 'retention.ms': '-1' }, env)).toEqual([]);
});

test('topics that exist with a single replica are refused on other machines', async () => {
  const prefix = `config-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  for (const KAFKA_TOPICS of ['apply', 'check'] as const) {
    await expect(ensureTopics(kafka, { ...settings, KAFKA_TOPICS, KAFKA_BROKERS: [ELSEWHERE] })).rejects.toThrow(
      /topics have one replica: .*records.*; with one replica .*Topics that exist get more replicas at the brokers/,
    );
  }
});
