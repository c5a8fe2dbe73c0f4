import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../errors.ts';
import type { Log } from '../logs.ts';
import { tracing } from './spans.ts';
import { chooseTracing } from './tracing-settings.ts';

/** Spans that are not exported within this time are lost, because an unavailable collector must not keep a service from ending. */
const FLUSH_LIMIT_MS = 1_500;

/**
 * Switches tracing on if OpenTelemetry's settings ask for it (`chooseTracing`), and only then loads its SDK. Disposing exports the
 * last spans, within a short time. Nothing here throws: without traces the pipeline works as well.
 * @param service The name in the traces, unless OTEL_SERVICE_NAME gives another one.
 */
export async function openTracing({
  service,
  env,
  log,
}: {
  service: string;
  env: Readonly<Record<string, string | undefined>>;
  log: Pick<Log, 'info' | 'warn' | 'debug'>;
}): Promise<AsyncDisposable> {
  const { isOn, warnings } = chooseTracing(env);
  for (const warning of warnings) log.warn(warning);
  if (!isOn) return { async [Symbol.asyncDispose]() {} };
  try {
    const { startSdk } = await import('./start-sdk.ts');
    const sdk = startSdk({ service, log });
    tracing.isOn = true;
    log.info({ sampler: sdk.sampler }, 'traces are on');
    return {
      async [Symbol.asyncDispose]() {
        tracing.isOn = false;
        await Promise.race([sdk.shutdown(), sleep(FLUSH_LIMIT_MS, undefined, { ref: false })]).catch(() => {});
      },
    };
  } catch (error) {
    log.warn(`traces are off, because OpenTelemetry cannot be started: ${describeError(error)}`);
    return { async [Symbol.asyncDispose]() {} };
  }
}
