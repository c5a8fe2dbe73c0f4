import type { ClickHouseClient } from '@clickhouse/client';
import { WITHOUT_QUORUM } from 'qcc-clickhouse/create-clickhouse';
import { BAD_STATUSES, createLedgerAlarm, isListed, type OpenOrder } from 'qcc-clickhouse/ledger/ledger-alarm';
import {
  createStallWatch,
  describeStalled,
  type LedgerReading,
  type StalledOrder,
  UNDER_WAY,
} from 'qcc-clickhouse/ledger/stall-watch';
import { describeError } from 'qcc-core/base/errors';
import type { Health } from 'qcc-core/base/health';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import { repeat } from 'qcc-core/base/repeat';
import type { Settings } from 'qcc-core/base/settings';
import { DERIVE_PART } from '../derive-records.ts';
import { type CompleteOrders, createCompleteOrders, readCompleteOrders } from './complete-orders.ts';

export type WatchDeps = {
  client: ClickHouseClient;
  database: string;
  account: string;
  metrics: Pick<Metrics, 'ordersIncomplete' | 'ordersStalled' | 'lastOrder' | 'lastCompleteOrder' | 'orderSeconds'>;
  health: Health;
  log: Pick<Log, 'error' | 'warn'>;
  now: () => number;
};

export type WatchTimes = {
  intervalMs: number;
  /**
   * An order is stalled if it has made no progress for this time. Use at least four intervals, because half of this time without
   * a reading starts the count again.
   */
  stalledAfterMs: number;
};

/** How many orders one line names. */
const NAMED_ORDERS = 20;

/** How many orders of a status one reading holds. Anybody who has the key can make millions. */
const READ_ORDERS = 1_000;

/** The name of this part on `/readyz`. */
const HEALTH_PART = 'stalled orders';

/**
 * Reads the ledger repeatedly until disposed. Each reading sets `qcc_orders_incomplete`, `qcc_orders_stalled`,
 * `qcc_last_order_timestamp_seconds` and `qcc_last_complete_order_timestamp_seconds`, observes how long orders took, and shows stalled
 * orders on `/readyz`. An order that needs a person is logged once, as an error. If the ledger cannot be read, all of this stays as it was.
 * While the sink is not ready for a reason other than stalled orders or the tables for analysts, the stalled orders stay as they were.
 */
export function watchLedger(deps: WatchDeps, times: WatchTimes): AsyncDisposable {
  const state = {
    alarm: createLedgerAlarm(),
    stalls: createStallWatch(times),
    complete: createCompleteOrders(deps.now()),
  };
  return repeat((signal) => look(deps, state, signal), {
    pauseMs: times.intervalMs,
    onError: (error) => deps.log.warn(`the ledger could not be read, it is tried again: ${describeError(error)}`),
  });
}

type WatchState = {
  alarm: ReturnType<typeof createLedgerAlarm>;
  stalls: ReturnType<typeof createStallWatch>;
  complete: CompleteOrders;
};
type Row = OpenOrder & LedgerReading;

async function look(deps: WatchDeps, { alarm, stalls, complete }: WatchState, signal: AbortSignal): Promise<void> {
  const { metrics, log } = deps;
  await showCompleteOrders(deps, complete, signal);
  const lastOrderAt = await readLastOrder(deps, signal);
  if (lastOrderAt !== null) metrics.lastOrder.set(lastOrderAt / 1_000);
  const orders = await readOpenOrders(deps, signal);
  const { counts, appeared } = alarm.judge(orders);
  for (const [status, count] of counts) metrics.ordersIncomplete.set({ status }, count);
  // A sink that cannot store rows delays the orders itself, and already says so. The ledger does not wait for the tables for analysts.
  const isSinkWell = Object.keys(deps.health.problems()).every((part) => part === HEALTH_PART || part === DERIVE_PART);
  if (isSinkWell) stateStalls(deps, stalls.judge(orders, deps.now()));
  if (appeared.length === 0) return;
  const named = appeared
    .slice(0, NAMED_ORDERS)
    .map(({ orderNo, status, reason }) => `${orderNo} is ${status} (${reason})`);
  log.error(
    { orders: appeared.length },
    `orders need a person: ${named.join(', ')}${appeared.length > NAMED_ORDERS ? ', …' : ''}; see npx qcc ledger, npx qcc dead-letters list; npx qcc order close closes orders that cannot be completed`,
  );
}

async function showCompleteOrders(deps: WatchDeps, complete: CompleteOrders, signal: AbortSignal): Promise<void> {
  const { metrics } = deps;
  const at = deps.now();
  const { appeared, newestReceivedAt } = complete.judge(await readCompleteOrders(deps, complete.since(), signal), at);
  // The clocks of two machines may differ.
  for (const { receivedAt, completedAt } of appeared)
    metrics.orderSeconds.observe(Math.max(0, completedAt - receivedAt) / 1_000);
  if (newestReceivedAt !== null) metrics.lastCompleteOrder.set(newestReceivedAt / 1_000);
}

function stateStalls({ metrics, health, log }: WatchDeps, stalled: readonly StalledOrder[]): void {
  for (const status of UNDER_WAY) {
    metrics.ordersStalled.set({ status }, stalled.filter((order) => order.status === status).length);
  }
  const before = health.problems()[HEALTH_PART] ?? null;
  const problem = describeStalled(stalled, { most: NAMED_ORDERS });
  health.set(HEALTH_PART, problem);
  if (problem !== null && problem !== before) log.error({ orders: stalled.length }, problem);
}

/**
 * Orders of the account that are neither COMPLETE nor closed by a person: `READ_ORDERS` of each status, the oldest first, but before
 * them those that need a person and that QCC lists. Their progress is the positions that are parsed, rejected, discarded and
 * stored, and the extractor's facts FETCHING and EXTRACTING. Repeated callbacks, and details that settle, are not progress.
 */
async function readOpenOrders({ client, database, account }: WatchDeps, signal: AbortSignal): Promise<Row[]> {
  const result = await client.query({
    query: `
      SELECT
        o.order_no AS orderNo, o.revision AS revision, status, reason,
        toUnixTimestamp64Milli(facts.first_at) AS firstFactAt,
        [parsed, rejected, discarded, stored, toUnixTimestamp64Milli(facts.worked_at)] AS progress,
        count() OVER (PARTITION BY status) AS ofStatus
      FROM \`${database}\`.orders AS o
      LEFT JOIN (
        SELECT order_no, revision, min(at) AS first_at, maxIf(at, stage IN ('FETCHING', 'EXTRACTING')) AS worked_at
        FROM \`${database}\`.order_events
        WHERE account = {account: String} AND order_no IN (
          SELECT order_no FROM \`${database}\`.orders
          WHERE account = {account: String} AND status IN {underWay: Array(String)}
        )
        GROUP BY order_no, revision
      ) AS facts ON facts.order_no = o.order_no AND facts.revision = o.revision
      WHERE account = {account: String} AND status != 'COMPLETE'
        AND NOT (status IN {bad: Array(String)} AND (o.order_no, o.revision) IN (
          SELECT order_no, revision FROM \`${database}\`.order_closures_in_force WHERE account = {account: String}
        ))
      ORDER BY status IN {bad: Array(String)} AND ${isListed(`\`${database}\``)} DESC, firstFactAt, received_at, orderNo
      LIMIT {most: UInt32} BY status`,
    query_params: { account, underWay: [...UNDER_WAY], bad: [...BAD_STATUSES], most: READ_ORDERS },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    abort_signal: signal,
  });
  return await result.json<Row>();
}

/** When the newest order was first received, milliseconds since the epoch; null before the first. Callbacks repeat. */
async function readLastOrder({ client, database, account }: WatchDeps, signal: AbortSignal): Promise<number | null> {
  const result = await client.query({
    query: `
      SELECT toUnixTimestamp64Milli(max(received)) AS at FROM (
        SELECT min(received_at) AS received FROM \`${database}\`.order_ledger
        WHERE account = {account: String} GROUP BY order_no
      )`,
    query_params: { account },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    abort_signal: signal,
  });
  const [row] = await result.json<{ at: number | null }>();
  return row?.at ?? null;
}

/** Writes the setting that the views need: the time after which the ledger calls an order overdue. */
export async function writeServiceSettings(
  { client, database }: { client: ClickHouseClient; database: string },
  settings: Settings<'ORDER_DEADLINE_MS'>,
): Promise<void> {
  await client.insert({
    table: `\`${database}\`.service_settings`,
    values: [{ name: 'ORDER_DEADLINE_MS', value: String(settings.ORDER_DEADLINE_MS) }],
    columns: ['name', 'value'],
    format: 'JSONEachRow',
    clickhouse_settings: WITHOUT_QUORUM,
  });
}
