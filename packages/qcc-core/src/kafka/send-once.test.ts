import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { kafkaJsModule } from './kafkajs-2.2.4/guard.ts';
import { SENDS_ONCE } from './send-once.ts';

test('kafkajs makes one attempt, and accepts a producer that does so', async () => {
  const createRetry =
    kafkaJsModule<(options: object) => (attempt: () => Promise<never>) => Promise<never>>('retry/index.js');
  let attempts = 0;
  const sent = createRetry(SENDS_ONCE.retry)(async () => {
    attempts += 1;
    throw new Error('not the leader');
  });
  await expect(sent).rejects.toThrow('not the leader');
  expect(attempts).toBe(1);
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
  expect(() => kafka.producer(SENDS_ONCE)).not.toThrow();
});
