import { EventEmitter } from 'node:events';
import type { Consumer, ConsumerConfig, ConsumerRunConfig, EachBatchPayload, Kafka } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { createHealth } from '../health.ts';
import { createLogger } from '../logs.ts';
import { consume } from './consume.ts';

/** Consumers as kafkajs makes them, driven by the test. */
function fakeKafka() {
  const consumers: EventEmitter[] = [];
  const groups: string[] = [];
  const handlers: ConsumerRunConfig['eachBatch'][] = [];
  const kafka = {
    consumer({ groupId }: ConsumerConfig) {
      const events = new EventEmitter();
      consumers.push(events);
      groups.push(groupId);
      return {
        events: { CRASH: 'crash', GROUP_JOIN: 'join' },
        on: (name: string, listener: (event: object) => void) => events.on(name, listener),
        connect: async () => {},
        subscribe: async () => {},
        run: async ({ eachBatch }: ConsumerRunConfig) => {
          handlers.push(eachBatch);
          events.emit('join', JOIN);
        },
        disconnect: async () => {},
      } as unknown as Consumer;
    },
  } as unknown as Kafka;
  return { kafka, consumers, groups, handlers };
}

const JOIN = { payload: { memberAssignment: { orders: [0, 2] } } };
const batchOf = (offset: string): EachBatchPayload =>
  ({
    batch: { topic: 'orders', partition: 0, highWatermark: '9', messages: [{ offset }], lastOffset: () => offset },
    heartbeat: async () => {},
    resolveOffset: () => {},
    isRunning: () => true,
    isStale: () => false,
  }) as unknown as EachBatchPayload;

test('a consumer that ended has no partitions until it has joined again', async () => {
  const { kafka, consumers, groups } = fakeKafka();
  /** What the consumer is told it has, each with what readiness says at that moment. */
  const told: unknown[] = [];
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({
    kafka,
    group: 'test',
    topics: ['orders'],
    sessionTimeoutMs: 6_000,
    concurrency: 1,
    onBatch: async () => {},
    onAssigned: (assignment) => void told.push([assignment, health.problems()]),
    health,
    healthPart: 'orders',
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
  });
  consumers[0]!.emit('crash', { payload: { error: new Error('the coordinator is gone') } });
  await vi.waitFor(() => expect(told).toHaveLength(3), { timeout: 30_000 });
  const joined = [{ orders: [0, 2] }, {}];
  expect(told).toEqual([joined, [{}, { orders: expect.stringContaining('the coordinator is gone') }], joined]);
  expect(groups).toEqual(['test', 'test']);
});

test('who reads everything and has to join again begins anew in another group, and what was under way ends', async () => {
  const { kafka, consumers, groups, handlers } = fakeKafka();
  const told: unknown[] = [];
  const health = createHealth({ parts: ['orders'] });
  const underWay = Promise.withResolvers<AbortSignal>();
  await using _ = await consume({
    kafka,
    group: 'test',
    readsAll: {},
    topics: ['orders'],
    sessionTimeoutMs: 6_000,
    concurrency: 1,
    async onBatch({ signal }) {
      underWay.resolve(signal);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    onAssigned: (assignment) => void told.push(assignment),
    health,
    healthPart: 'orders',
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
  });
  const batch = handlers[0]?.(batchOf('8'));
  const signal = await underWay.promise;
  expect(signal.aborted).toBe(false);
  consumers[0]!.emit('join', JOIN);
  await batch;
  await vi.waitFor(() => expect(told).toEqual([{ orders: [0, 2] }, {}, { orders: [0, 2] }]), { timeout: 30_000 });
  expect(health.problems()).toEqual({});
  expect(groups).toEqual([expect.stringMatching(/^test\..{36}$/), expect.stringMatching(/^test\..{36}$/)]);
  expect(groups[1]).not.toBe(groups[0]);

  // What the first consumer has to say from now on is of no matter.
  consumers[0]!.emit('join', JOIN);
  consumers[0]!.emit('crash', { payload: { error: new Error('gone') } });
  expect(told).toHaveLength(3);
  expect(health.problems()).toEqual({});
});
