import type { Probe } from 'qcc-core/base/watch-answers';
import { type ClickHouseSettings, createClickHouse } from './create-clickhouse.ts';
import { explainClickHouseFailure } from './require-clickhouse.ts';

/** Pings ClickHouse, without a login, on connections of its own: those of a client may all wait for long queries. */
export function createClickHouseProbe(settings: ClickHouseSettings): Probe {
  const client = createClickHouse(settings);
  return {
    what: `ClickHouse at ${settings.CLICKHOUSE_URL}`,
    async ask(signal) {
      const ping = await client.ping({ select: false, abort_signal: signal });
      if (ping.success) return null;
      signal.throwIfAborted();
      return explainClickHouseFailure(ping.error, settings);
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
