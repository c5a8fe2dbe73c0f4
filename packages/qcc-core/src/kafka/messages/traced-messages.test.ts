import { SpanKind } from '@opentelemetry/api';
import type { IHeaders } from 'kafkajs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inSpan, openSpan } from '../../base/tracing/spans.ts';
import { type RecordedSpans, recordSpans } from '../../base/tracing/testing/record-spans.ts';
import { TOPICS } from '../../contract/topics.ts';
import { openTracedBatch, traceOf } from './traced-messages.ts';

let recorded: RecordedSpans;
beforeEach(() => {
  recorded = recordSpans();
});
afterEach(() => recorded[Symbol.dispose]());

const EXCHANGE = { operation: 'process', topic: TOPICS.records, prefix: 'a.', partition: 2, group: 'a.qcc.g' } as const;
const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
/** The trace of an order, from another process. */
const orderTrace = () => inSpan({ name: 'order', parent: null }, async (span) => span.headers!);
const spansNamed = (name: string) => recorded.ended().filter((span) => span.name === name);

test.each<[string, IHeaders | undefined]>([
  ['no headers', undefined],
  ['none of the W3C', { other: Buffer.from('1') }],
  ['a traceparent that is too long', { traceparent: Buffer.alloc(1_000_000, '0') }],
  ['two of them', { traceparent: [Buffer.from(TRACEPARENT), Buffer.from(TRACEPARENT)] }],
])('a message with %s belongs to no trace', (_, headers) => {
  expect(traceOf({ ...(headers && { headers }) })).toBeUndefined();
});

test('a tracestate that is too long is left out, and the trace goes on', () => {
  const traceparent = Buffer.from(TRACEPARENT);
  expect(traceOf({ headers: { traceparent, tracestate: Buffer.from('a=1') } })).toEqual({
    traceparent: TRACEPARENT,
    tracestate: 'a=1',
  });
  expect(traceOf({ headers: { traceparent, tracestate: Buffer.alloc(513, 'a') } })).toEqual({
    traceparent: TRACEPARENT,
  });
});

test('no traced batch is opened while traces are off', () => {
  recorded[Symbol.dispose]();
  expect(openTracedBatch(EXCHANGE)).toBeUndefined();
});

test('a batch has one span, and each order in it one span in its own trace; both are linked', async () => {
  const [first, second] = [await orderTrace(), await orderTrace()];
  const batch = openTracedBatch(EXCHANGE)!;
  const carried = await batch.run(async () => [
    batch.take(first, { account: 'main', orderNo: 'DD1', revision: 0 }),
    batch.take(first),
    batch.take(second, { account: 'main', orderNo: 'DD2', revision: 1 }),
    batch.take(undefined),
    batch.take(first),
  ]);
  const [one, two, whole] = spansNamed('process records');
  expect(whole).toMatchObject({
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'a.records',
      'messaging.destination.partition.id': '2',
      'messaging.consumer.group.name': 'a.qcc.g',
      'messaging.batch.message_count': 5,
    },
  });
  expect(whole?.parentSpanContext).toBeUndefined();
  expect(whole?.links.map(({ context }) => context)).toEqual([one?.spanContext(), two?.spanContext()]);
  for (const [share, trace, order, count] of [
    [one!, first, { 'qcc.order_no': 'DD1', 'qcc.revision': 0 }, 3],
    [two!, second, { 'qcc.order_no': 'DD2', 'qcc.revision': 1 }, 1],
  ] as const) {
    expect(share.spanContext().traceId).toBe(trace.traceparent.split('-')[1]);
    expect(share.parentSpanContext?.spanId).toBe(trace.traceparent.split('-')[2]);
    expect(share.links.map(({ context }) => context)).toEqual([whole?.spanContext()]);
    expect(share.attributes).toMatchObject({ ...order, 'messaging.batch.message_count': count });
  }
  expect(carried.map((headers) => headers?.traceparent.split('-')[2])).toEqual([
    one?.spanContext().spanId,
    one?.spanContext().spanId,
    two?.spanContext().spanId,
    undefined,
    one?.spanContext().spanId,
  ]);
});

test('a step has a span in the trace of the batch and a copy in each of the orders', async () => {
  const batch = openTracedBatch(EXCHANGE)!;
  await batch.run(async () => {
    batch.take(await orderTrace());
    batch.take(await orderTrace());
    await batch.step({ name: 'INSERT t' }, async (set) => {
      set({ dbRows: 2 });
      openSpan({ name: 'inside' }).end();
    });
  });
  const parents = spansNamed('process records').map((span) => span.spanContext().spanId);
  const steps = spansNamed('INSERT t');
  expect(steps.map(({ parentSpanContext }) => parentSpanContext?.spanId).sort()).toEqual(parents.sort());
  expect(steps.every(({ attributes }) => attributes['db.operation.batch.size'] === 2)).toBe(true);
  expect(parents).not.toContain(spansNamed('inside')[0]?.parentSpanContext?.spanId);
});

test('an order is described by its first message', async () => {
  const batch = openTracedBatch(EXCHANGE)!;
  const [first, second] = [await orderTrace(), await orderTrace()];
  await batch.run(async () => {
    for (const trace of [first, first, undefined, second, second]) batch.take(trace);
    await batch.describe(async (index) => (index === 3 ? undefined : { account: 'main', orderNo: `DD${index}` }));
  });
  expect(spansNamed('process records').map(({ attributes }) => attributes['qcc.order_no'])).toEqual([
    'DD0',
    undefined,
    undefined,
  ]);
});

test('all spans of a batch that fails say so', async () => {
  const batch = openTracedBatch(EXCHANGE)!;
  const fails = batch.run(async () => {
    batch.take(await orderTrace());
    await batch.step({ name: 'INSERT t' }, () => Promise.reject(new RangeError('secret')));
  });
  await expect(fails).rejects.toThrow('secret');
  const failed = recorded.ended().filter(({ name }) => name !== 'order');
  expect(failed).toHaveLength(4);
  expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual(failed.map(() => 'RangeError'));
});
