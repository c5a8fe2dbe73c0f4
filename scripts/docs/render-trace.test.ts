import { expect, test } from 'vitest';
import type { ReceivedSpan } from '../../test/harness/otlp/receive-spans.ts';
import { renderTrace, traceRows } from './render-trace.ts';

const span = (spanId: string, parentSpanId: string, startMs: number, durationMs: number): ReceivedSpan => ({
  service: 'sink',
  name: `span ${spanId}`,
  kind: 'INTERNAL',
  traceId: 'trace',
  spanId,
  parentSpanId,
  startedAt: BigInt(startMs) * 1_000_000n,
  endedAt: BigInt(startMs + durationMs) * 1_000_000n,
  attributes: {},
  links: [],
  isError: false,
});

test('a span is followed by what it caused, in the order of time', () => {
  const rows = traceRows([
    span('c', 'a', 130, 5),
    span('b', 'a', 110, 10),
    span('d', 'b', 111, 1),
    span('a', '', 100, 50),
  ]);
  expect(rows.map(({ name, depth, startMs, durationMs }) => [name, depth, startMs, durationMs])).toEqual([
    ['span a', 0, 0, 50],
    ['span b', 1, 10, 10],
    ['span d', 2, 11, 1],
    ['span c', 1, 30, 5],
  ]);
});

test('spans without a root span are not drawn', () => {
  expect(() => traceRows([span('b', 'a', 0, 1)])).toThrow('no first span');
});

test('names are text in the picture, whatever they hold', () => {
  const svg = renderTrace([{ name: '<a & "b">', service: 'x', depth: 0, startMs: 0, durationMs: 1_500 }], 'A "title"');
  expect(svg).toContain('&lt;a &amp; &quot;b&quot;&gt;');
  expect(svg).toContain('aria-label="A &quot;title&quot;"');
  expect(svg).toContain('1.5 s');
});
