import { expect, test } from 'vitest';
import { kafkaJsModule } from './guard.ts';
import './hand-over-filtered.ts';

type Raw = { offset: string; isControlRecord: boolean };
type Given = { messages: unknown[]; lastOffset(): string };
const Batch = kafkaJsModule<new (topic: string, fetchedOffset: string, data: object) => object>('consumer/batch.js');
const Runner = kafkaJsModule<{ prototype: { handleBatch(this: object, batch: object): Promise<void> } }>(
  'consumer/runner.js',
);

/** @returns the last offsets of the batches that the handler was given, and of those that kafkajs resolved by itself. */
async function handle(messages: Raw[], eachBatchAutoResolve: boolean) {
  const given: string[] = [];
  const resolved: string[] = [];
  const runner = {
    running: true,
    eachBatchAutoResolve,
    eachBatch() {},
    processEachBatch: async (batch: Given) => void given.push(batch.lastOffset()),
    consumerGroup: { resolveOffset: ({ offset }: { offset: string }) => void resolved.push(offset) },
    instrumentationEmitter: { emit() {} },
    heartbeat: async () => {},
    autoCommitOffsets: async () => {},
    autoCommitOffsetsIfNecessary: async () => {},
  };
  const data = { partition: 0, highWatermark: '9', abortedTransactions: [], messages };
  await Runner.prototype.handleBatch.call(runner, new Batch('orders', '5', data));
  return { given, resolved };
}

const marker: Raw = { offset: '5', isControlRecord: true };

test.each([
  [
    'a batch of hidden messages reaches a handler that resolves offsets',
    [marker],
    false,
    { given: ['5'], resolved: [] },
  ],
  ['a batch of hidden messages passes another handler by', [marker], true, { given: [], resolved: ['5'] }],
  ['an empty response reaches no handler', [], false, { given: [], resolved: [] }],
])('%s', async (_name, messages, autoResolve, expected) => {
  expect(await handle(messages, autoResolve)).toEqual(expected);
});
