import type { KafkaMessage } from 'kafkajs';
import { expect, test } from 'vitest';
import { createErasureIndex } from './core/erasure-index.ts';
import { createFilter } from './core/match-filter.ts';
import type { Decoder } from './decoder.ts';
import type { EnrichedRecord } from './generated/topics.ts';
import { createHandling, type InnerHandler } from './handle-changes.ts';
import { createMetrics } from './metrics.ts';
import { memoryStore } from './store/version-store.ts';
import { changeRecord, erasure, versionOf } from './testing/change-record.ts';

const OPEN = new AbortController().signal;
const SIGNALS = { signal: OPEN, closing: OPEN };
/** Its value is the id of the record, of the company with the same letter, and may have a version: `1@2`. */
const message = (id: string, offset = 0) =>
  ({ key: null, value: Buffer.from(id), offset: String(offset) }) as KafkaMessage;

function setUp(handler: InnerHandler<'enriched-records'>) {
  const index = createErasureIndex();
  const store = memoryStore();
  const decode = async (_: string, bytes: Buffer) => {
    const [id = '', version = 1] = bytes.toString().split('@');
    const record = changeRecord({ id, corpKeyNo: `k${id}` });
    return { record, version: versionOf(Number(version)) } as EnrichedRecord;
  };
  const handling = createHandling({
    topic: 'enriched-records',
    delivery: {
      ...{ store, versions: 'newest', isErased: index.isErased, mismatch: createFilter({}), portfoliosOf: null },
    },
    decoder: { decode } as unknown as Decoder,
    handler,
    retry: { retries: 3, firstPauseMs: 1 },
    onDeadLetter: undefined,
    metrics: createMetrics(undefined, { topic: 'enriched-records', group: 'g' }),
  });
  return { index, store, handling };
}

test('a change that failed once is not handed over again after it was erased', async () => {
  const calls: number[] = [];
  const failed = Promise.withResolvers<void>();
  const erased = Promise.withResolvers<void>();
  const { handling } = setUp(async (_, { attempt }) => {
    calls.push(attempt);
    failed.resolve();
    await erased.promise;
    throw new Error('it failed');
  });
  const handled = handling.message(message('1'), 0, SIGNALS);
  await failed.promise;
  const withdrawn = handling.withdraw(erasure({ corpKeyNo: 'k1' }));
  erased.resolve();
  await Promise.all([handled, withdrawn]);
  expect(calls).toEqual([1]);
});

test('an erasure waits for the handlers of its company, and for no others', async () => {
  const ends = new Map([1, 2].map((each) => [String(each), Promise.withResolvers<void>()]));
  const { handling } = setUp(({ record }) => ends.get(record.id)!.promise);
  const handled = ['1', '2'].map((id) => handling.message(message(id), 0, SIGNALS));
  await new Promise(setImmediate);
  let isOver = false;
  const withdrawn = handling.withdraw(erasure({ corpKeyNo: 'k1' })).then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  expect(isOver).toBe(false);
  ends.get('1')!.resolve();
  await withdrawn;
  await handled[0];
  ends.get('2')!.resolve();
  await handled[1];
});

test('no change of an erased company reaches the handler', async () => {
  const ids: string[] = [];
  const { index, handling, store } = setUp(({ record }) => void ids.push(record.id));
  index.apply('main|k1', erasure({ corpKeyNo: 'k1' }));
  for (const id of ['1', '2']) await handling.message(message(id), 0, SIGNALS);
  expect(ids).toEqual(['2']);
  expect(await store.get({ account: 'main', corpKeyNo: 'k1', id: '1' })).toBeUndefined();
});

test('a change that comes again after a rebalance waits for the call that still runs, and no other partition waits', async () => {
  const calls: string[] = [];
  const first = Promise.withResolvers<void>();
  const { handling } = setUp(({ record, version, delivery }) => {
    calls.push(`${delivery.partition} ${record.id}@${Buffer.from(version).readUInt32BE(0)}`);
    return calls.length === 1 ? first.promise : undefined;
  });
  const rebalancing = new AbortController();
  const lost = handling.message(message('1@1'), 0, { signal: rebalancing.signal, closing: OPEN });
  await new Promise(setImmediate);
  rebalancing.abort(new Error('the group rebalances'));
  const again = (async () => {
    for (const version of [1, 2]) await handling.message(message(`1@${version}`), 0, SIGNALS);
  })();
  await handling.message(message('2@1'), 1, SIGNALS);
  await new Promise(setImmediate);
  expect(calls).toEqual(['0 1@1', '1 2@1']);
  first.resolve();
  await Promise.all([lost, again]);
  expect(calls).toEqual(['0 1@1', '1 2@1', '0 1@2']);
});

test('a change that waits for an earlier call of its partition is dropped when the partition is lost again', async () => {
  const calls: string[] = [];
  const first = Promise.withResolvers<void>();
  const { handling } = setUp(({ record }) => {
    calls.push(record.id);
    return first.promise;
  });
  const rebalancing = new AbortController();
  const lost = handling.message(message('1'), 0, SIGNALS);
  await new Promise(setImmediate);
  const waiting = handling.message(message('2'), 0, { signal: rebalancing.signal, closing: OPEN });
  rebalancing.abort(new Error('the group rebalances'));
  await expect(waiting).rejects.toThrow('the group rebalances');
  first.resolve();
  await lost;
  expect(calls).toEqual(['1']);
});
