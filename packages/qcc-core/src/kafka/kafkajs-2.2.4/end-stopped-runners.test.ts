import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import './end-stopped-runners.ts';
import { kafkaJsModule } from './guard.ts';

type FetchManager = { start(): Promise<void>; stop(): Promise<void> };
type Runner = {
  running: boolean;
  fetchManager: FetchManager;
  fetch(nodeId: string): Promise<unknown[]>;
  stop(): Promise<void>;
  scheduleFetchManager(): void;
};
const { prototype } = kafkaJsModule<{ prototype: Runner }>('consumer/runner.js');
const createFetchManager = kafkaJsModule<(input: object) => FetchManager>('consumer/fetchManager.js');
const logger = { namespace: () => logger, debug() {}, info() {}, error() {}, warn() {} };

test('fetchers that are made for a runner after it was stopped end, and other work goes on', async () => {
  const runner: Runner = Object.assign(Object.create(prototype), {
    running: false,
    logger,
    consumerGroup: { groupId: 'g', memberId: 'm' },
  });
  const manager = createFetchManager({
    logger,
    getNodeIds: () => ['1', '2'],
    fetch: (nodeId: string) => runner.fetch(nodeId),
    handler: async () => {},
    concurrency: 1,
  });
  runner.fetchManager = manager;
  let timers = 0;
  const timer = setInterval(() => {
    timers += 1;
  }, 1);
  await Promise.race([manager.start(), sleep(30_000, undefined, { ref: false })]);
  await sleep(20);
  clearInterval(timer);
  expect(timers).toBeGreaterThan(0);
});

test('a runner that was stopped while it joined its group leaves it instead of running', async () => {
  const done: string[] = [];
  const runner: Runner = Object.assign(Object.create(prototype), {
    running: false,
    logger,
    fetchManager: { start: async () => void done.push('fetches'), stop: async () => {} },
    consumerGroup: {
      groupId: 'g',
      memberId: 'm',
      leave: async () => void done.push('leaves'),
      cluster: { disconnect: async () => void done.push('disconnects') },
    },
    emit() {},
  });
  await runner.stop();
  runner.running = true; // as `start` does after the join
  runner.scheduleFetchManager();
  await expect.poll(() => done).toEqual(['leaves', 'disconnects']);
  expect(runner.running).toBe(false);
});
