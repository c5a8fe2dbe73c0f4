import { randomUUID } from 'node:crypto';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { createGroupProgress } from 'qcc-core/kafka/client/group-progress';
import { expect, inject, test } from 'vitest';

test('an offset is reached once the group has committed it or a later one, in its partition', async () => {
  const prefix = `progress-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const topic = topicName(prefix, TOPICS.enrichedRecords);
  const group = `${prefix}group`;
  const admin = kafka.admin();
  await admin.connect();
  const commit = (partition: number, offset: number) =>
    admin.setOffsets({ groupId: group, topic, partitions: [{ partition, offset: String(offset) }] });
  const progress = createGroupProgress({ kafka, group, topics: [topic] });
  const reached: string[] = [];
  const { signal } = new AbortController();
  const wait = async (partition: number, offset: bigint) => {
    await progress.untilReached({ topic, partition, offset }, signal);
    reached.push(`${partition}/${offset}`);
  };

  const waits = [wait(0, 3n), wait(0, 5n), wait(1, 3n)];
  const aborter = new AbortController();
  const aborted = expect(progress.untilReached({ topic, partition: 2, offset: 1n }, aborter.signal)).rejects.toThrow();
  await commit(0, 4);
  await waits[0];
  expect(reached).toEqual(['0/3']);
  await commit(1, 3);
  await waits[2];
  await commit(0, 6);
  await Promise.all(waits);
  expect(reached).toEqual(['0/3', '1/3', '0/5']);
  await commit(0, 2);
  expect(await progress.hasReached({ topic, partition: 0, offset: 6n }), 'after the group went back').toBe(false);
  aborter.abort();
  await aborted;
  await admin.disconnect();
});
