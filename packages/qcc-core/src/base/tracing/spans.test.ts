import { setImmediate as turn } from 'node:timers/promises';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { activeTraceFields, describeSpan, inSpan, openSpan, outsideSpans, traceFields } from './spans.ts';
import { type RecordedSpans, recordSpans } from './testing/record-spans.ts';

let recorded: RecordedSpans | undefined;
const record = (env: Record<string, string> = {}): RecordedSpans => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  recorded = recordSpans();
  return recorded;
};
afterEach(() => {
  recorded?.[Symbol.dispose]();
  vi.unstubAllEnvs();
});

const flagOf = ({ headers }: { headers: { traceparent: string } | undefined }) => headers?.traceparent.slice(-2);

describe('while tracing is off', () => {
  test('work is done, and no span gives headers or fields', async () => {
    const seen = await inSpan({ name: 'work' }, async (span) => {
      describeSpan({ orderNo: 'DD1' });
      span.set({ orderNo: 'DD1' });
      span.link(openSpan({ name: 'other' }));
      return { headers: span.headers, fields: activeTraceFields() };
    });
    expect(seen).toEqual({ headers: undefined, fields: {} });
  });

  test('an error of the work comes out as it is', async () => {
    const error = new Error('no');
    await expect(inSpan({ name: 'work' }, () => Promise.reject(error))).rejects.toBe(error);
  });
});

describe('while tracing is on', () => {
  test('spans of the work are children, across turns of the event loop', async () => {
    const { ended } = record();
    await inSpan({ name: 'outer', role: 'server', attributes: { orderNo: 'DD1' } }, async () => {
      await turn();
      await inSpan({ name: 'inner' }, () => turn());
    });
    const [inner, outer] = ended();
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
    expect(outer).toMatchObject({ name: 'outer', kind: SpanKind.SERVER, attributes: { 'qcc.order_no': 'DD1' } });
    expect(outer?.parentSpanContext).toBeUndefined();
  });

  test('headers carry the trace to another process', async () => {
    const { ended } = record();
    const headers = await inSpan({ name: 'here' }, async (span) => span.headers!);
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    await inSpan({ name: 'there', parent: headers }, async () => {});
    const [here, there] = ended();
    expect(there?.spanContext().traceId).toBe(here?.spanContext().traceId);
    expect(there?.parentSpanContext).toMatchObject({ spanId: here?.spanContext().spanId, isRemote: true });
  });

  test('tracestate of others is passed on', async () => {
    record();
    const parent = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=value' };
    expect(openSpan({ name: 'work', parent }).headers).toEqual({
      traceparent: expect.stringMatching(`^00-${'a'.repeat(32)}-`),
      tracestate: 'vendor=value',
    });
  });

  test.each([
    ['no parent', null],
    ['headers that are not of the W3C', { traceparent: 'not a trace at all, but as long as one would be, or more' }],
  ])('a span with %s begins a trace, whichever span is active', async (_, parent) => {
    const { ended } = record();
    await inSpan({ name: 'outer' }, () => inSpan({ name: 'inner', parent }, async () => {}));
    const [inner, outer] = ended();
    expect(inner?.parentSpanContext).toBeUndefined();
    expect(inner?.spanContext().traceId).not.toBe(outer?.spanContext().traceId);
  });

  test('an error of the work marks the span by its name, without its message', async () => {
    const { ended } = record();
    await expect(inSpan({ name: 'work' }, () => Promise.reject(new TypeError('secret')))).rejects.toThrow('secret');
    expect(ended()[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'TypeError' },
      events: [],
    });
    expect(ended()[0]?.status.message).toBeUndefined();
  });

  test('the active span gives fields to log lines, and outside of spans there are none', async () => {
    record();
    await inSpan({ name: 'work' }, async ({ headers }) => {
      const [, traceId, spanId] = headers!.traceparent.split('-');
      expect(activeTraceFields()).toEqual({ trace_id: traceId, span_id: spanId });
      expect(outsideSpans(() => activeTraceFields())).toEqual({});
      expect(outsideSpans(() => traceFields(headers))).toEqual({ trace_id: traceId, span_id: spanId });
    });
    expect(activeTraceFields()).toEqual({});
  });

  test('a line about a message without a trace does not get the trace of the active span', async () => {
    record();
    await inSpan({ name: 'another order' }, async () => {
      expect({ ...activeTraceFields(), ...traceFields(undefined) }).toEqual({
        trace_id: undefined,
        span_id: undefined,
      });
    });
  });

  test('a span that fails with a code has the status of an error', async () => {
    const { ended } = record();
    await inSpan({ name: 'GET archive' }, async (span) => span.fail('TIMEOUT'));
    expect(ended()[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'TIMEOUT' },
    });
  });
});

describe('sampling', () => {
  const SAMPLED = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  const UNSAMPLED = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` };

  test.each<[string, Record<string, string>, { root: string; sampled: string; unsampled: string }]>([
    ['the default', {}, { root: '01', sampled: '01', unsampled: '00' }],
    ['always_off', { OTEL_TRACES_SAMPLER: 'always_off' }, { root: '00', sampled: '00', unsampled: '00' }],
    ['always_on', { OTEL_TRACES_SAMPLER: 'always_on' }, { root: '01', sampled: '01', unsampled: '01' }],
    [
      'parentbased_always_off',
      { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
      { root: '00', sampled: '01', unsampled: '00' },
    ],
    [
      'parentbased_traceidratio 0',
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
      { root: '00', sampled: '01', unsampled: '00' },
    ],
    [
      'traceidratio 1',
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1' },
      { root: '01', sampled: '01', unsampled: '01' },
    ],
    ['an unknown sampler', { OTEL_TRACES_SAMPLER: 'toString' }, { root: '01', sampled: '01', unsampled: '00' }],
    [
      'an argument that is not a ratio',
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' },
      { root: '01', sampled: '01', unsampled: '01' },
    ],
  ])('%s decides about the first span of a trace, and about spans with a parent', (_, env, expected) => {
    record(env);
    expect({
      root: flagOf(openSpan({ name: 'a', parent: null })),
      sampled: flagOf(openSpan({ name: 'b', parent: SAMPLED })),
      unsampled: flagOf(openSpan({ name: 'c', parent: UNSAMPLED })),
    }).toEqual(expected);
  });

  test('spans that are not sampled are not exported', () => {
    const { ended } = record();
    openSpan({ name: 'unsampled', parent: UNSAMPLED }).end();
    openSpan({ name: 'sampled', parent: SAMPLED }).end();
    expect(ended().map(({ name }) => name)).toEqual(['sampled']);
  });
});
