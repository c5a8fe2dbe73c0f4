import { randomUUID } from 'node:crypto';
import { createKafka } from 'qcc-core/kafka/connect';
import { ensureTopics } from 'qcc-core/kafka/ensure-topics';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/settings';
import { expect, inject, test } from 'vitest';

/** The topics as someone else has created one of them. */
async function ensureWith(topic: string, config: Record<string, string>) {
  const prefix = `config-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic: `${prefix}${topic}`, numPartitions: PARTITIONS[topic]!, configEntries }],
  });
  await admin.disconnect();
  return await ensureTopics(kafka, settings);
}
const PARTITIONS: Record<string, number> = { records: 6, 'order-state': 3 };

test('a public topic that is compacted is refused, as messages would go by key', async () => {
  await expect(ensureWith('records', { 'cleanup.policy': 'compact' })).rejects.toThrow(
    /records has cleanup.policy=compact, not delete/,
  );
});

test('an internal topic that is not compacted is refused, as state would go with time', async () => {
  await expect(ensureWith('order-state', {})).rejects.toThrow(/order-state has cleanup.policy=delete, not compact/);
});

test('less retention may be meant, and is said', async () => {
  expect(await ensureWith('records', { 'retention.ms': '3600000' })).toEqual([
    expect.stringContaining('records has retention.ms=3600000'),
  ]);
});

test('topics as they are created are as they should be', async () => {
  expect(await ensureWith('records', { 'retention.ms': '-1' })).toEqual([]);
});
