import type { Log } from '../base/logs.ts';
import type { Metrics } from '../base/metrics.ts';
import type { QCC_SETTINGS, Settings } from '../base/settings.ts';
import { createQccClient, type QccClient, type QccClientOptions } from './client.ts';
import { createReportUnknownFields } from './report-unknown-fields.ts';
import { outcomeLabel } from './status.ts';

/**
 * A client of the account that the settings name. It counts and times its calls if there are metrics, and logs each unknown field of
 * a response once. The caller disposes it.
 */
export const connectClient = ({
  settings,
  metrics,
  log,
  onCall,
  ...rest
}: Pick<QccClientOptions, 'now' | 'beforeCall' | 'onCall' | 'onResponse'> & {
  settings: Settings<(typeof QCC_SETTINGS)[number]>;
  metrics?: Pick<Metrics, 'qccCalls' | 'qccCallSeconds' | 'unknownResponseFields'>;
  log?: Pick<Log, 'warn'>;
}): QccClient =>
  createQccClient({
    ...rest,
    baseUrl: settings.QCC_BASE_URL,
    key: settings.QCC_KEY,
    secretKey: settings.QCC_SECRET_KEY,
    timeoutMs: settings.QCC_TIMEOUT_MS,
    proxyUrl: settings.QCC_PROXY_URL,
    onCall(call) {
      onCall?.(call);
      metrics?.qccCalls.inc({ endpoint: call.endpoint, outcome: outcomeLabel(call.reason) });
      metrics?.qccCallSeconds.observe({ endpoint: call.endpoint }, call.durationMs / 1_000);
    },
    onUnknownFields: createReportUnknownFields({ metrics, log }),
  });
