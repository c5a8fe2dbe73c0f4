/** OpenTelemetry's SDK. Only `openTracing` and tests import this file: a service without traces does not load the SDK. */
import { context, DiagLogLevel, diag, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  diagLogLevelFromString,
  getNumberFromEnv,
  getStringFromEnv,
  setGlobalErrorHandler,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Log } from '../logs.ts';
import { readSampler } from './read-sampler.ts';

export type Sdk = {
  /** As it describes itself. */
  sampler: string;
  /** Exports what is left. */
  shutdown(): Promise<void>;
};

/**
 * Registers the SDK for this process. The standard environment variables configure it. The exporter and the resource detectors read
 * theirs themselves. Since version 3 of the SDK, its caller has to read those of batches, limits and sampler.
 */
export function startSdk({
  service,
  log,
  processor,
}: {
  service: string;
  log: Pick<Log, 'warn' | 'debug'>;
  processor?: SpanProcessor;
}): Sdk {
  // This comes first, because the code below may warn of unusable settings.
  reportTrouble(log);
  const sampler = readSampler();
  const provider = new TracerProvider({
    sampler,
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service }))
      .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
    spanLimits: readSpanLimits(),
    spanProcessors: [processor ?? createBatchProcessor()],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  // OTEL_PROPAGATORS is ignored, because baggage from other systems must not get into messages.
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return { sampler: sampler.toString(), shutdown: () => provider.shutdown() };
}

const createBatchProcessor = (): SpanProcessor =>
  new BatchSpanProcessor({
    exporter: new OTLPTraceExporter(),
    ...withoutUndefined({
      scheduledDelayMillis: readPositive('OTEL_BSP_SCHEDULE_DELAY'),
      exportTimeoutMillis: readPositive('OTEL_BSP_EXPORT_TIMEOUT'),
      maxQueueSize: readPositive('OTEL_BSP_MAX_QUEUE_SIZE'),
      maxExportBatchSize: readPositive('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
    }),
  });

/** A batch has a link to each of its orders, which can be more than the 128 that are the default. */
const DEFAULT_LINKS = 10_000;

const readSpanLimits = () =>
  withoutUndefined({
    attributeValueLengthLimit:
      readPositive('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? readPositive('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
    attributeCountLimit: readPositive('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT') ?? readPositive('OTEL_ATTRIBUTE_COUNT_LIMIT'),
    linkCountLimit: readPositive('OTEL_SPAN_LINK_COUNT_LIMIT') ?? DEFAULT_LINKS,
    eventCountLimit: readPositive('OTEL_SPAN_EVENT_COUNT_LIMIT'),
  });

/** Undefined for a number below 1: the SDK would never end a batch of no spans. */
function readPositive(name: string): number | undefined {
  const value = getNumberFromEnv(name);
  if (value === undefined || value >= 1) return value;
  diag.warn(`${name}=${value} is below 1: the default is used`);
  return undefined;
}

const withoutUndefined = (values: Record<string, number | undefined>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** Between two lines of the same kind: a collector that is away fails every few seconds. */
const QUIET_MS = 60_000;
const MOST_KINDS = 100;

/** Logs problems of the SDK, each at most once a minute. They have no other effect. */
function reportTrouble(log: Pick<Log, 'warn' | 'debug'>): void {
  const lastAt = new Map<string, number>();
  const warn = (text: string): void => {
    // The same problem again, with other numbers.
    const kind = text.replaceAll(/\d+/g, '');
    if (lastAt.size >= MOST_KINDS && !lastAt.has(kind)) return;
    if (performance.now() - (lastAt.get(kind) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    lastAt.set(kind, performance.now());
    log.warn(text);
  };
  setGlobalErrorHandler((error) =>
    warn(`spans could not be exported, and are lost: ${typeof error === 'string' ? error : error.message}`),
  );
  const detail = (text: string): void => log.debug(text);
  diag.setLogger(
    {
      error: warn,
      warn,
      info: detail,
      debug: detail,
      verbose: detail,
    },
    {
      logLevel: diagLogLevelFromString(getStringFromEnv('OTEL_LOG_LEVEL')) ?? DiagLogLevel.WARN,
      suppressOverrideMessage: true,
    },
  );
}
