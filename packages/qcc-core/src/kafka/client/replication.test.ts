import { expect, test } from 'vitest';
import { planReplication } from './replication.ts';

const plan = (brokers: string[], { advertised = [] as string[], factor, minInSync }: Given = {}) =>
  planReplication(
    { KAFKA_BROKERS: brokers, KAFKA_REPLICATION_FACTOR: factor, KAFKA_MIN_INSYNC_REPLICAS: minInSync },
    advertised,
  );
type Given = { advertised?: string[]; factor?: number; minInSync?: number };

test.each([
  [['127.0.0.1:9092'], ['127.0.0.1']],
  [
    ['localhost:9092', '[::1]:9092'],
    ['localhost', '::1'],
  ],
  [['[::ffff:127.0.0.1]:9092'], ['::ffff:127.0.0.1']],
])('brokers at %j that are known as %j may keep a single copy', (brokers, advertised) => {
  expect(plan(brokers, { advertised })).toEqual({ factor: 1, minInsyncReplicas: 1, singleRefusal: null });
});

test.each([
  [['kafka:9092'], [], 'kafka'],
  [['10.0.0.1:9092'], [], '10.0.0.1'],
  [['localhost.example.com:9092'], [], 'localhost.example.com'],
  [['127.0.0.1:9092', 'kafka-2:9092'], [], 'kafka-2'],
  // A tunnel.
  [['localhost:9092'], ['localhost', 'kafka-2.internal'], 'kafka-2.internal'],
])('brokers at %j that are known as %j may not, unless a person sets it', (brokers, advertised, elsewhere) => {
  expect(plan(brokers, { advertised }).singleRefusal).toContain(`the broker ${elsewhere} is not on this machine`);
  expect(plan(brokers, { advertised, factor: 3 }).singleRefusal).not.toBeNull();
  expect(plan(brokers, { advertised, factor: 1 }).singleRefusal).toBeNull();
});

test('all copies but one must have a message, unless another number is set', () => {
  expect(plan(['kafka:9092'], { factor: 3 }).minInsyncReplicas).toBe(2);
  expect(plan(['kafka:9092'], { factor: 3, minInSync: 1 }).minInsyncReplicas).toBe(1);
});
