import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { namedAttributes, type SpanAttributes } from './span-attributes.ts';

/**
 * Whether this process records spans. `openTracing` sets it once, before anything is processed. While it is off, nothing here
 * does anything, no message gets a header, and no part of OpenTelemetry's SDK is loaded.
 */
export const tracing = { isOn: false };

/** The W3C trace context of a span (https://www.w3.org/TR/trace-context), as it goes into the headers of a message. */
export type TraceHeaders = { readonly traceparent: string; readonly tracestate?: string };

/** As OpenTelemetry defines them. */
export type SpanRole = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type SpanInput = {
  /** An operation and its object, such as `send records`. Without numbers and keys, so that there are few names. */
  name: string;
  role?: SpanRole;
  attributes?: SpanAttributes;
  /** Null begins a new trace. Without it, the span is a child of the one that is active. */
  parent?: TraceHeaders | OpenSpan | null | undefined;
};

/** A span that has begun. After its end, the other methods have no effect. */
export type OpenSpan = {
  /** For messages that continue its trace; undefined while tracing is off. */
  readonly headers: TraceHeaders | undefined;
  set(attributes: SpanAttributes): void;
  link(other: OpenSpan): void;
  /** Runs the work with this span active: spans and log lines of the work belong to it. */
  run<Result>(work: () => Result): Result;
  /** Marks it as failed, with the name of an error or a code. Messages may quote what must not leave the process. */
  fail(error: Error | string | unknown): void;
  end(): void;
};

const NO_SPAN: OpenSpan = {
  headers: undefined,
  set() {},
  link() {},
  run: (work) => work(),
  fail() {},
  end() {},
};

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const satisfies Record<SpanRole, SpanKind>;

/** A real span; `NO_SPAN` has none. */
class RecordedSpan implements OpenSpan {
  readonly context: Context;
  readonly #span: Span;
  #headers: TraceHeaders | undefined;

  constructor({ name, role = 'internal', attributes = {}, parent }: SpanInput) {
    const outer = parent === undefined ? context.active() : contextOf(parent);
    this.#span = trace
      .getTracer('qcc')
      .startSpan(name, { kind: KINDS[role], attributes: namedAttributes(attributes) }, outer);
    this.context = trace.setSpan(outer, this.#span);
  }
  get headers(): TraceHeaders | undefined {
    if (!this.#headers) {
      const headers: Record<string, string> = {};
      propagation.inject(this.context, headers, defaultTextMapSetter);
      this.#headers = headers as TraceHeaders;
    }
    return this.#headers;
  }
  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(namedAttributes(attributes));
  }
  link(other: OpenSpan): void {
    if (other instanceof RecordedSpan) this.#span.addLink({ context: other.#span.spanContext() });
  }
  run<Result>(work: () => Result): Result {
    return context.with(this.context, work);
  }
  fail(error: unknown): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.set({ errorType: error instanceof Error ? error.name : typeof error === 'string' ? error : '_OTHER' });
  }
  end(): void {
    this.#span.end();
  }
}

const contextOf = (parent: NonNullable<SpanInput['parent']> | null): Context => {
  if (parent === null || parent === NO_SPAN) return ROOT_CONTEXT;
  if (parent instanceof RecordedSpan) return parent.context;
  return propagation.extract(ROOT_CONTEXT, parent, defaultTextMapGetter);
};

/** Begins a span; the caller ends it. */
export const openSpan = (input: SpanInput): OpenSpan => (tracing.isOn ? new RecordedSpan(input) : NO_SPAN);

/** Does the work in a span, which ends with it. If the work throws, the span says so. */
export async function inSpan<Result>(input: SpanInput, work: (span: OpenSpan) => Promise<Result>): Promise<Result> {
  if (!tracing.isOn) return await work(NO_SPAN);
  const span = new RecordedSpan(input);
  try {
    return await span.run(() => work(span));
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

/** Adds to the active span, if there is one. */
export function describeSpan(attributes: SpanAttributes): void {
  if (tracing.isOn) trace.getActiveSpan()?.setAttributes(namedAttributes(attributes));
}

/** Marks the active span as failed, with a code. */
export function failActiveSpan(code: string): void {
  if (!tracing.isOn) return;
  const span = trace.getActiveSpan();
  span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.setAttributes(namedAttributes({ outcome: code, errorType: code }));
}

/** Does the work without an active span. Timers and queues keep the active span of the code that starts them. */
export const outsideSpans = <Result>(work: () => Result): Result =>
  tracing.isOn ? context.with(ROOT_CONTEXT, work) : work();

type TraceFields = { trace_id?: string | undefined; span_id?: string | undefined };

/** The fields of a log line about the active span. */
export const activeTraceFields = (): TraceFields => (tracing.isOn ? fieldsOf(context.active()) : {});

/**
 * The fields of a log line about a message. Without a trace they are undefined, so that the line does not get those of the active span,
 * which may be of another order.
 */
export const traceFields = (of: TraceHeaders | undefined): TraceFields =>
  tracing.isOn ? fieldsOf(of ? contextOf(of) : ROOT_CONTEXT) : {};

function fieldsOf(of: Context): TraceFields {
  const span = trace.getSpanContext(of);
  return span && isSpanContextValid(span)
    ? { trace_id: span.traceId, span_id: span.spanId }
    : { trace_id: undefined, span_id: undefined };
}
