import { openKafka } from 'qcc-core/kafka/client/open-kafka';
import { startSilentServer } from 'qcc-core/testing/loopback-server';
import { expect, inject, test } from 'vitest';

test('only the first client waits for a bootstrap broker that is silent', async () => {
  await using silent = await startSilentServer();
  const kafka = openKafka({
    brokers: [`127.0.0.1:${silent.port}`, ...inject('stack').KAFKA_BROKERS.split(',')],
    clientId: 'test',
    logCreator: () => () => {},
    responseLimitMs: 500,
  });
  for (const _ of ['first', 'second', 'third']) {
    const admin = kafka.admin();
    await admin.connect();
    expect(await admin.listTopics()).toEqual(expect.any(Array));
    await admin.disconnect();
  }
  expect(silent.connections()).toBe(1);
});
