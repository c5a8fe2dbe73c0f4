import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { describeError } from 'qcc-core/errors';
import type { Log } from 'qcc-core/logs';
import type { Metrics } from 'qcc-core/metrics';
import { createLedgerAlarm, type OpenOrder } from './ledger-alarm.ts';

export type WatchDeps = {
  client: ClickHouseClient;
  database: string;
  account: string;
  metrics: Pick<Metrics, 'ordersIncomplete'>;
  log: Pick<Log, 'error' | 'warn'>;
};

/** How many orders one line names. */
const NAMED_ORDERS = 20;

/**
 * Reads the ledger again and again until disposed: sets `qcc_orders_incomplete`, and says once, loudly, which orders need
 * a person. A ledger that cannot be read leaves the metric as it was.
 */
export function watchLedger(deps: WatchDeps, { intervalMs }: { intervalMs: number }): AsyncDisposable {
  const stopping = new AbortController();
  const alarm = createLedgerAlarm();
  const watch = async () => {
    while (!stopping.signal.aborted) {
      await look(deps, alarm, stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted)
          deps.log.warn(`the ledger could not be read, it is tried again: ${describeError(error)}`);
      });
      await sleep(intervalMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await watching;
    },
  };
}

async function look(
  { client, database, account, metrics, log }: WatchDeps,
  alarm: ReturnType<typeof createLedgerAlarm>,
  signal: AbortSignal,
): Promise<void> {
  const result = await client.query({
    query: `
      SELECT order_no AS orderNo, revision, status, reason FROM \`${database}\`.orders
      WHERE account = {account: String} AND status != 'COMPLETE' ORDER BY orderNo`,
    query_params: { account },
    format: 'JSONEachRow',
    abort_signal: signal,
  });
  const { counts, news } = alarm.judge(await result.json<OpenOrder>());
  for (const [status, count] of counts) metrics.ordersIncomplete.set({ status }, count);
  if (news.length === 0) return;
  const named = news.slice(0, NAMED_ORDERS).map(({ orderNo, status, reason }) => `${orderNo} is ${status} (${reason})`);
  log.error(
    { orders: news.length },
    `orders need a person: ${named.join(', ')}${news.length > NAMED_ORDERS ? ', …' : ''}; see npx qcc ledger, npx qcc dead-letters list`,
  );
}
