import type { Kafka } from 'kafkajs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHealth } from '../../base/health.ts';
import { createLogger } from '../../base/logs.ts';
import { TOPICS, topicName } from '../../contract/topics.ts';
import type { Batch, ConsumeInput, Seek } from '../client/consume.ts';
import { InputOffsetError } from './input-offsets.ts';
import type { Lane } from './lane.ts';
import { runWorker, type WorkerInput } from './worker.ts';

const consumer = vi.hoisted(() => ({ input: undefined as unknown, seek: vi.fn<Seek>() }));
/** `refusals` are the errors with which the next lanes do not open. */
const lane = vi.hoisted(() => ({ nextOffset: 0n, refusals: [] as Error[] }));
/** The consumer owns one partition, and its lane opens at once. */
vi.mock('../client/consume.ts', () => ({
  async consume(input: ConsumeInput) {
    consumer.input = input;
    input.onAssigned?.({ [input.topics[0]!]: [0] }, consumer.seek);
    return { [Symbol.asyncDispose]: async () => {} };
  },
}));
vi.mock('./input-offsets.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  openInputOffsets: async () => ({
    leaderEpoch: (_: number, nextOffset: bigint) => Number(nextOffset),
    noteTruncated() {},
    noteRead() {},
    [Symbol.asyncDispose]: async () => {},
  }),
}));
vi.mock('./lane.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  async openLane({ partition }: { partition: number }) {
    const refusal = lane.refusals.shift();
    if (refusal) throw refusal;
    const lost = new AbortController();
    const close = () => lost.abort(new Error('closed'));
    return {
      partition,
      get nextOffset() {
        return lane.nextOffset;
      },
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

const WORKER = {
  kafka: {} as Kafka,
  group: 'test',
  prefix: '',
  service: 'test',
  from: TOPICS.records,
  codec: { encode: () => Buffer.alloc(0), decode: async () => ({}) as never },
  healthPart: 'records',
  sessionTimeoutMs: 6_000,
  log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
  hasPublished: async () => false,
};

/** Runs a worker for ten minutes. @returns what `/readyz` says of its lane, and the lanes whose state is open. */
async function runFor10Minutes(openState: WorkerInput<void>['openState']) {
  const health = createHealth({ parts: [] });
  const open: Lane[] = [];
  await using _ = await runWorker<void>({
    ...WORKER,
    health,
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

test('a batch of which a part is done comes again behind that part, and is compared with the last message of it', async () => {
  await using _ = await runWorker<void>({
    ...WORKER,
    health: createHealth({ parts: [] }),
    openState: async () => {},
    async process() {
      lane.nextOffset = 5n;
      throw new Error('the archive is not there yet');
    },
  });
  await vi.runOnlyPendingTimersAsync();
  consumer.seek.mockClear();
  const { onBatch } = consumer.input as ConsumeInput;
  const messages = Array.from({ length: 10 }, (_, offset) => ({ offset: String(offset) }));
  const { signal } = new AbortController();
  const batch = { partition: 0, messages, nextOffset: 10n, leaderEpochs: [], signal } as unknown as Batch;
  await expect(onBatch(batch)).rejects.toThrow('not there yet');
  expect(consumer.seek.mock.calls).toEqual([[{ topic: 'records', partition: 0, offset: '5' }, 5]]);
  lane.nextOffset = 0n;
});

/** After a consumer found lost messages. @param refusal The error with which the lane does not open. */
async function afterLoss({ partition = 0, refusal }: { partition?: number; refusal?: Error }) {
  await using _ = await runWorker<void>({
    ...WORKER,
    health: createHealth({ parts: [] }),
    openState: async () => {},
    process: async () => {},
  });
  await vi.advanceTimersByTimeAsync(0);
  if (refusal) lane.refusals.push(refusal);
  const { onTruncated } = consumer.input as ConsumeInput;
  return await onTruncated?.({ topic: 'records', partition, end: '5' });
}

test.each([
  ['the lane opens', {}],
  ['the lane does not open at once', { refusal: new Error('no broker answered') }],
  ['the partition went to another instance', { partition: 1 }],
])(
  'the partition of a loss is read on if %s: the lane decides, and no batch is processed before it',
  async (_, given) => {
    expect(await afterLoss(given)).toBe('goesOn');
  },
);

test('the partition of a loss is not read on if the lane finds that it lost messages that were done', async () => {
  const refusal = new InputOffsetError('the brokers lost messages');
  await expect(afterLoss({ refusal })).rejects.toBe(refusal);
});
