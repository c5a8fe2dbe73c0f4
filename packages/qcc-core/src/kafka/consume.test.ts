import { EventEmitter } from 'node:events';
import type { Consumer, Kafka } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { createHealth } from '../health.ts';
import { createLogger } from '../logs.ts';
import { consume } from './consume.ts';

/** Consumers as kafkajs makes them, driven by the test. */
function fakeKafka() {
  const consumers: EventEmitter[] = [];
  const kafka = {
    consumer() {
      const events = new EventEmitter();
      consumers.push(events);
      return {
        events: { CRASH: 'crash', GROUP_JOIN: 'join' },
        on: (name: string, listener: (event: object) => void) => events.on(name, listener),
        connect: async () => {},
        subscribe: async () => {},
        run: async () => void events.emit('join', { payload: { memberAssignment: { orders: [0, 2] } } }),
        disconnect: async () => {},
      } as unknown as Consumer;
    },
  } as unknown as Kafka;
  return { kafka, consumers };
}

test('a consumer that ended has no partitions until it has joined again', async () => {
  const { kafka, consumers } = fakeKafka();
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
});
