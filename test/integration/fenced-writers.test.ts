// @module-tag whole
import { randomUUID } from 'node:crypto';
import { openFencedWriter } from 'qcc-cli/fenced-writer';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { expect, inject, test } from 'vitest';
import { readTopic } from '../harness/read-topic.ts';

/** Once in several hundred times, the coordinator answers a commit at a takeover as it answers nothing else. */
const ROUNDS = 200;

test('of commands that write by one name at the same moment, each has written once or says that another may have taken over', async () => {
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: `writers-${randomUUID()}.` }, COMMON_SETTINGS);
  const connect = () => createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(connect(), settings);
  const write = async (key: string) => {
    try {
      await using writer = await openFencedWriter({ kafka: connect(), settings }, 'test');
      await writer.write([{ topic: TOPICS.orderClosures, key, value: Buffer.from('v'), partition: 0 }]);
      return { key, outcome: 'written' };
    } catch (error) {
      return { key, outcome: error instanceof Error ? error.message : 'unknown' };
    }
  };
  const all: Awaited<ReturnType<typeof write>>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    all.push(...(await Promise.all(['a', 'b', 'c'].map((name) => write(`${name}${round}`)))));
  }
  const refused = all.filter(({ outcome }) => outcome !== 'written');
  for (const { outcome } of refused) {
    expect(outcome).toMatch(
      /^another `npx qcc` command that writes the same data (has|may have) taken over.*: run this one again$/,
    );
  }
  const stored = await readTopic(inject('stack').KAFKA_BROKERS, `${settings.TOPIC_PREFIX}order-closures`);
  const times = Map.groupBy(stored, ({ key }) => String(key));
  for (const { key, outcome } of all) {
    const count = times.get(key)?.length ?? 0;
    if (outcome === 'written') expect([key, count]).toEqual([key, 1]);
    else if (outcome.includes('has taken over')) expect([key, count]).toEqual([key, 0]);
    else expect(count).toBeLessThanOrEqual(1);
  }
});
