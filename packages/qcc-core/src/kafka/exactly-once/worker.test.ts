import type { Kafka } from 'kafkajs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHealth } from '../../base/health.ts';
import { createLogger } from '../../base/logs.ts';
import { TOPICS, topicName } from '../../contract/topics.ts';
import type { ConsumeInput } from '../client/consume.ts';
import type { Lane } from './lane.ts';
import { runWorker, type WorkerInput } from './worker.ts';

/** The consumer owns one partition, and its lane opens at once. */
vi.mock('../client/consume.ts', () => ({
  async consume(input: ConsumeInput) {
    input.onAssigned?.({ [input.topics[0]!]: [0] }, () => {});
    return { [Symbol.asyncDispose]: async () => {} };
  },
}));
vi.mock('./input-offsets.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  openInputOffsets: async () => ({ leaderEpoch: () => null, [Symbol.asyncDispose]: async () => {} }),
}));
vi.mock('./lane.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  async openLane({ partition }: { partition: number }) {
    const lost = new AbortController();
    const close = () => lost.abort(new Error('closed'));
    return {
      partition,
      nextOffset: 0n,
      signal: lost.signal,
      abandon: close,
      [Symbol.asyncDispose]: async () => close(),
    };
  },
}));

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Runs a worker for ten minutes. @returns what `/readyz` says of its lane, and the lanes whose state is open. */
async function runFor10Minutes(openState: WorkerInput<void>['openState']) {
  const health = createHealth({ parts: [] });
  const open: Lane[] = [];
  await using _ = await runWorker<void>({
    kafka: {} as Kafka,
    group: 'test',
    prefix: '',
    service: 'test',
    from: TOPICS.records,
    codec: { encode: () => Buffer.alloc(0), decode: async () => ({}) as never },
    health,
    healthPart: 'records',
    sessionTimeoutMs: 6_000,
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
    hasPublished: async () => false,
    async openState(lane, onProgress) {
      await openState(lane, onProgress);
      open.push(lane);
    },
    process: async () => {},
  });
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  return {
    problem: health.problems()[`lane ${topicName('', TOPICS.records)}/0`],
    open: open.filter(({ signal }) => !signal.aborted).length,
  };
}

test('a lane opens however long its state takes to read back, as long as the reading goes on', async () => {
  let attempts = 0;
  const { problem, open } = await runFor10Minutes(async (_lane, onProgress) => {
    attempts += 1;
    for (let minute = 0; minute < 5; minute += 1) {
      await new Promise((resolve) => setTimeout(resolve, MINUTE_MS));
      onProgress();
    }
  });
  expect({ problem, open, attempts }).toEqual({ problem: undefined, open: 1, attempts: 1 });
});

test('a lane whose reading stands still is given up', async () => {
  const { problem, open } = await runFor10Minutes(async (_lane, onProgress) => {
    onProgress();
    await new Promise(() => {});
  });
  expect({ problem, open }).toEqual({ problem: expect.stringContaining('no progress for 90 s'), open: 0 });
});
