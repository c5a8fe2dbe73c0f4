import { expect, test } from 'vitest';
import { startBrokerWithoutTopics } from '../../testing/broker-without-topics.ts';
import { requireBrokers } from './require-brokers.ts';

test('a broker before 2.8 is refused by name and with the remedy', async () => {
  await using broker = await startBrokerWithoutTopics({ newestMetadata: 9 });
  await expect(requireBrokers(broker.kafka)).rejects.toThrow(
    `Kafka 2.8 or newer is needed, and this broker is older: 1 at 127.0.0.1:${broker.port}; upgrade the brokers`,
  );
});

test('a broker from 2.8 on is taken, while another one is down and a topic of others has no leader', async () => {
  await using broker = await startBrokerWithoutTopics();
  await requireBrokers(broker.kafka);
});
