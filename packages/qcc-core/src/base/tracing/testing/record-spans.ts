import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { tracing } from '../spans.ts';
import { startSdk } from '../start-sdk.ts';

export type RecordedSpans = Disposable & {
  /** Those that have ended, the first first. */
  ended(): ReadableSpan[];
};

/** Switches tracing on in this process, without an exporter, until it is disposed. */
export function recordSpans(): RecordedSpans {
  const exporter = new InMemorySpanExporter();
  startSdk({ service: 'test', log: { warn() {}, debug() {} }, processor: new SimpleSpanProcessor({ exporter }) });
  tracing.isOn = true;
  return {
    ended: () => exporter.getFinishedSpans(),
    [Symbol.dispose]() {
      tracing.isOn = false;
      for (const api of [trace, context, propagation]) api.disable();
    },
  };
}
