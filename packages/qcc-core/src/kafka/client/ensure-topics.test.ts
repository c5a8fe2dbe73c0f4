import { expect, test } from 'vitest';
import { COMMON_SETTINGS, readSettings } from '../../base/settings.ts';
import { startBrokerWithoutTopics } from '../../testing/broker-without-topics.ts';
import { ensureTopics } from './ensure-topics.ts';

test('missing topics are named although a topic of others has a partition without a leader', async () => {
  await using broker = await startBrokerWithoutTopics();
  const settings = readSettings(
    { KAFKA_BROKERS: `127.0.0.1:${broker.port}`, KAFKA_TOPICS: 'check', TOPIC_PREFIX: 'test.' },
    COMMON_SETTINGS,
  );
  await expect(ensureTopics(broker.kafka, settings)).rejects.toThrow('topics are missing: test.orders (');
});

test('no topic with a single replica is created through a tunnel to brokers on other machines', async () => {
  await using broker = await startBrokerWithoutTopics({ otherHost: 'kafka-2.invalid' });
  const settings = readSettings({ KAFKA_BROKERS: `localhost:${broker.port}` }, COMMON_SETTINGS);
  await expect(ensureTopics(broker.kafka, settings)).rejects.toThrow(
    /topics are not created: with one replica .* kafka-2\.invalid is not on this machine/,
  );
});
