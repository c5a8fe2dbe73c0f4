import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { z } from 'zod';

/** A span as it came over OTLP. */
export type ReceivedSpan = {
  service: string;
  name: string;
  kind: string;
  traceId: string;
  spanId: string;
  /** Empty for the first span of a trace. */
  parentSpanId: string;
  /** Nanoseconds since 1970. */
  startedAt: bigint;
  endedAt: bigint;
  attributes: Record<string, string | number>;
  links: { traceId: string; spanId: string }[];
  isError: boolean;
};

export type SpanReceiver = AsyncDisposable & {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  endpoint: string;
  spans: ReceivedSpan[];
  /** What came, as it came. */
  bodies: Buffer[];
};

const Request = protobuf.loadSync(join(import.meta.dirname, 'trace.proto')).lookupType('ExportTraceServiceRequest');

const anyValue = z
  .object({
    stringValue: z.string(),
    intValue: z.coerce.number(),
    doubleValue: z.number(),
    boolValue: z.coerce.string(),
  })
  .partial()
  .transform((value) => value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue ?? '');
const attributes = z
  .array(z.object({ key: z.string(), value: anyValue }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, value])));
const hex = z
  .string()
  .default('')
  .transform((base64) => Buffer.from(base64, 'base64').toString('hex'));
const nanoseconds = z.string().transform(BigInt);
const spanSchema = z.object({
  traceId: hex,
  spanId: hex,
  parentSpanId: hex,
  name: z.string(),
  kind: z.string().transform((kind) => kind.replace('SPAN_KIND_', '')),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  links: z.array(z.object({ traceId: hex, spanId: hex })).default([]),
  status: z.object({ code: z.string().default('') }).default({ code: '' }),
});
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

/** @param body Of a request with `application/x-protobuf`. @see https://opentelemetry.io/docs/specs/otlp */
function readSpans(body: Buffer): ReceivedSpan[] {
  const decoded = Request.toObject(Request.decode(body), { longs: String, enums: String, bytes: String });
  return requestSchema.parse(decoded).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ startTimeUnixNano, endTimeUnixNano, status, ...span }) => ({
        ...span,
        service: String(resource.attributes['service.name'] ?? ''),
        startedAt: startTimeUnixNano,
        endedAt: endTimeUnixNano,
        isError: status.code === 'STATUS_CODE_ERROR',
      })),
    ),
  );
}

/** An OTLP receiver in this process, on a free port. It keeps what comes. */
export async function receiveSpans(): Promise<SpanReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: Buffer[] = [];
  const server = createServer(async (request, response) => {
    const raw = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end();
    bodies.push(body);
    spans.push(...readSpans(body));
    // An empty ExportTraceServiceResponse has no bytes.
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
