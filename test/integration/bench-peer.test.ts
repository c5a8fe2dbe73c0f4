// @module-tag whole
import { randomUUID } from 'node:crypto';
import { askWhileSpreading } from 'qcc-core/kafka/client/ask-while-spreading';
import { expect, inject, test } from 'vitest';
import { startPeer } from '../bench/peers/start-peer.ts';
import { openWaits } from '../campaign/waits.ts';
import { PATIENCE } from '../harness/patience.ts';
import { createQuietKafka } from '../harness/quiet-kafka.ts';

test('the kafkajs peer of the benchmark ends with an error if it leaves its group for good', async () => {
  const { KAFKA_BROKERS } = inject('stack');
  const name = `peer-${randomUUID()}`;
  const [from, to] = [`${name}.from`, `${name}.to`];
  const kafka = createQuietKafka(KAFKA_BROKERS);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    // kafkajs's own wait ends with an error where a broker does not know the topic yet.
    waitForLeaders: false,
    topics: [from, to].map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 })),
  });
  await askWhileSpreading(() => admin.fetchTopicMetadata({ topics: [from, to] }));
  await admin.disconnect();

  const { within } = openWaits();
  const env = { KAFKA_BROKERS, FROM: from, TO: to, GROUP: name };
  await using peer = await within(
    { side: 'kafkajs', what: 'it joins its group', limitMs: PATIENCE.timeout },
    (signal) => startPeer('kafkajs-copy.ts', { env, signal }),
  );
  // A second owner of its transactional id fences it: kafkajs cannot retry that.
  const fence = kafka.producer({ transactionalId: `${name}.0`, maxInFlightRequests: 1, idempotent: true });
  await fence.connect();
  await (await fence.transaction()).abort();
  await fence.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: from, messages: [{ value: 'a record' }] });
  await producer.disconnect();

  const copied = within(
    { side: 'kafkajs', what: 'the record is copied', limitMs: PATIENCE.timeout },
    () => peer.failed,
  );
  await expect(copied).rejects.toThrow(
    'the peer kafkajs: the record is copied: kafkajs-copy.ts ended by itself, with exit code 1',
  );
});
