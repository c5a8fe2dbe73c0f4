import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { SpanAttributes } from '../../base/tracing/span-attributes.ts';
import { orderAttributes } from '../../base/tracing/span-attributes.ts';
import { type OpenSpan, openSpan, type SpanInput, type TraceHeaders, tracing } from '../../base/tracing/spans.ts';
import { type TopicSpec, topicName } from '../../contract/topics.ts';
import { headerBytesOf } from '../wire/fetched-records.ts';

/** W3C: a longer one is from another version of the format, or not from the pipeline. */
const TRACEPARENT_BYTES = 55;
/** What the W3C asks everybody to pass on. */
const MOST_TRACESTATE_BYTES = 512;

/** A copy of the bytes, which are a part of a whole fetch. */
let last: { headerBytes: Buffer; trace: TraceHeaders | undefined } | undefined;

/**
 * The trace that a message belongs to, by its headers; undefined if it has none that can be read. Messages come order by order, so
 * the headers of most are those of the message before.
 */
export function traceOf(message: Pick<KafkaMessage, 'headers'>): TraceHeaders | undefined {
  const headerBytes = headerBytesOf(message);
  if (!headerBytes) return readTrace(message.headers);
  if (!last?.headerBytes.equals(headerBytes))
    last = { headerBytes: Buffer.from(headerBytes), trace: readTrace(message.headers) };
  return last.trace;
}

function readTrace(headers: IHeaders | undefined): TraceHeaders | undefined {
  const traceparent = headers?.traceparent;
  if (!Buffer.isBuffer(traceparent) || traceparent.length !== TRACEPARENT_BYTES) return undefined;
  const tracestate = headers?.tracestate;
  return Buffer.isBuffer(tracestate) && tracestate.length <= MOST_TRACESTATE_BYTES
    ? { traceparent: traceparent.toString('latin1'), tracestate: tracestate.toString('latin1') }
    : { traceparent: traceparent.toString('latin1') };
}

/** For spreading into a message. Without a trace the message has no headers at all. */
export const inTrace = (trace: TraceHeaders | undefined): { headers?: TraceHeaders } =>
  trace ? { headers: trace } : {};

type Exchange = {
  operation: 'send' | 'process';
  topic: TopicSpec;
  prefix: string;
  partition?: number | undefined;
  group?: string | undefined;
};

/** A span for sending or processing messages of a topic, by OpenTelemetry's conventions for messaging and Kafka. */
export const messagingSpan = (
  { operation, topic, prefix, partition, group }: Exchange,
  attributes: SpanAttributes = {},
): SpanInput & { attributes: SpanAttributes } => ({
  // Not the name in the cluster, so that the name of the span does not depend on the deployment.
  name: `${operation} ${topic.name}`,
  role: operation === 'send' ? 'producer' : 'consumer',
  attributes: {
    messagingSystem: 'kafka',
    operationName: operation,
    operationType: operation,
    destination: topicName(prefix, topic),
    partition: partition === undefined ? undefined : String(partition),
    consumerGroup: group,
    ...attributes,
  },
});

type OrderRef = Parameters<typeof orderAttributes>[0];

/** The spans of a batch that may hold messages of many orders. */
export type TracedBatch = {
  /**
   * Counts a message of a trace. The first one of a trace begins the span of that trace.
   * @param order Which order it is, if that is known yet.
   * @returns what the messages that are made of it may carry.
   */
  take(trace: TraceHeaders | undefined, order?: OrderRef): TraceHeaders | undefined;
  /** Says of each trace which order it is. The index is that of the first message of the trace, in the order of `take`. */
  describe(orderOf: (index: number) => Promise<OrderRef | undefined>): Promise<void>;
  /** Does a step of the batch in a span, of which the trace of each order gets a copy. `set` adds to all of them. */
  step<Result>(input: SpanInput, work: (set: OpenSpan['set']) => Promise<Result>): Promise<Result>;
  /** Does all of the work. The spans end with it. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
};

type Share = { span: OpenSpan; count: number; firstIndex: number };

/**
 * Begins the spans of a batch; undefined while tracing is off. The batch has one span in a separate trace, with links to the
 * orders in it. Each order has one span in its own trace, with a link to the batch: a span for each record would cost more than the
 * record. Messages of one order that come from different spans, such as its parts, have a span each.
 */
export function openTracedBatch(exchange: Exchange): TracedBatch | undefined {
  if (!tracing.isOn) return undefined;
  const whole = openSpan({ ...messagingSpan(exchange), parent: null });
  const shares = new Map<string, Share>();
  let count = 0;
  let last: { traceparent: string; share: Share } | undefined;

  const begin = (trace: TraceHeaders, order: OrderRef | undefined): Share => {
    const span = openSpan({ ...messagingSpan(exchange, order && orderAttributes(order)), parent: trace });
    span.link(whole);
    whole.link(span);
    const share = { span, count: 0, firstIndex: count };
    shares.set(trace.traceparent, share);
    return share;
  };

  return {
    take(trace, order) {
      // Messages come order by order.
      if (trace && last?.traceparent !== trace.traceparent) {
        const { traceparent } = trace;
        last = { traceparent, share: shares.get(traceparent) ?? begin(trace, order) };
      }
      count += 1;
      if (!trace || !last) return undefined;
      last.share.count += 1;
      return last.share.span.headers;
    },
    async describe(orderOf) {
      for (const { span, firstIndex } of shares.values()) {
        const order = await orderOf(firstIndex);
        if (order) span.set(orderAttributes(order));
      }
    },
    async step(input, work) {
      const own = openSpan({ ...input, parent: whole });
      const all = [own, ...Array.from(shares.values(), ({ span }) => openSpan({ ...input, parent: span }))];
      const set: OpenSpan['set'] = (attributes) => {
        for (const span of all) span.set(attributes);
      };
      try {
        return await own.run(() => work(set));
      } catch (error) {
        for (const span of all) span.fail(error);
        throw error;
      } finally {
        for (const span of all) span.end();
      }
    },
    async run(work) {
      try {
        return await whole.run(work);
      } catch (error) {
        for (const { span } of shares.values()) span.fail(error);
        whole.fail(error);
        throw error;
      } finally {
        for (const { span, count: messageCount } of shares.values()) {
          span.set({ messageCount });
          span.end();
        }
        whole.set({ messageCount: count });
        whole.end();
      }
    },
  };
}
