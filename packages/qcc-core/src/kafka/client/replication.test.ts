import { expect, test } from 'vitest';
import { planReplication } from './replication.ts';

const plan = (brokers: string[], factor?: number, minInsync?: number) =>
  planReplication({
    KAFKA_BROKERS: brokers,
    KAFKA_REPLICATION_FACTOR: factor,
    KAFKA_MIN_INSYNC_REPLICAS: minInsync,
  });

test.each([
  [['127.0.0.1:9092'], true],
  [['localhost:9092', '[::1]:9092'], true],
  [['[::ffff:127.0.0.1]:9092'], true],
  [['kafka:9092'], false],
  [['10.0.0.1:9092'], false],
  [['localhost.example.com:9092'], false],
  [['127.0.0.1:9092', 'kafka-2:9092'], false],
])('without a setting, brokers at %j may keep a single copy: %s', (brokers, mayBeSingle) => {
  expect(plan(brokers)).toEqual({ factor: 1, minInsyncReplicas: 1, mayBeSingle });
});

test('a single copy elsewhere needs a person who set it', () => {
  expect(plan(['kafka:9092'], 1).mayBeSingle).toBe(true);
  expect(plan(['kafka:9092'], 3).mayBeSingle).toBe(false);
});

test('all copies but one must have a message, unless another number is set', () => {
  expect(plan(['kafka:9092'], 3).minInsyncReplicas).toBe(2);
  expect(plan(['kafka:9092'], 3, 1).minInsyncReplicas).toBe(1);
});
