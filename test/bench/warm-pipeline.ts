import type { ServiceName } from '../../scripts/run-services.ts';
import { OURS, type Within } from '../campaign/waits.ts';
import { type Fleet, type Instance, openFleet } from '../harness/instances.ts';
import type { TestBed } from '../harness/pipeline.ts';
import type { Say } from '../harness/say.ts';
import { until } from '../harness/until.ts';

/** All four services. The enricher already has the responses for all changes to come. */
export type WarmPipeline = AsyncDisposable & {
  fleet: Fleet;
  services: Record<ServiceName, Instance>;
  /** Of the orders that were asked for, in their order. */
  orders: readonly string[];
  /** Sends the callback; the seconds until all its rows are visible, none of them waiting for details. */
  run(orderNo: string, records: number): Promise<number>;
};

/** QCC is asked for everything once, as fast as it answers. */
const WARM_ENV = { DETAIL_RATE_PER_SECOND: '10000', DETAIL_CONCURRENCY: '64' };
/** For whoever reads the figures. */
export const WARM_NOTE = `the enricher at ${WARM_ENV.DETAIL_RATE_PER_SECOND} calls a second, ${WARM_ENV.DETAIL_CONCURRENCY} at a time, all else at its default`;
const LIMIT_MS = 1_200_000;
/** Longer than both waits of a run together, so that their messages say what is missing. */
const RUN_LIMIT_MS = 3 * LIMIT_MS;

/**
 * Starts the services and lets them process an order of `records` records, all thirteen types evenly. The later orders repeat its ids and
 * checkIds, so the enricher knows every response. All orders are created before the first one runs, because a response is used only for
 * changes that were pushed before it was fetched.
 */
export async function openWarmPipeline(
  bed: TestBed,
  input: {
    /** Of the first order. */
    records: number;
    /** Of each later one; more than the first holds bring its ids several times. */
    orders: readonly number[];
    say: Say;
    within: Within;
  },
): Promise<WarmPipeline> {
  await using opened = new AsyncDisposableStack();
  const fleet = opened.use(openFleet(bed));
  const services = await fleet.startAll(WARM_ENV);
  const makeOrder = async (records: number, repeat = records): Promise<string> => {
    const order = await bed.simulator.createOrder({ records, repeat, repeatCheckId: 'same', callback: false });
    return order.orderNo;
  };
  const run = (orderNo: string, records: number): Promise<number> =>
    input.within({ side: OURS, what: `order ${orderNo} of ${records} records`, limitMs: RUN_LIMIT_MS }, () =>
      timeOf(orderNo, records),
    );
  const timeOf = async (orderNo: string, records: number): Promise<number> => {
    const rowsInserted = () => services.sink.metric('qcc_rows_inserted_total', { table: 'record_history' });
    const rowsBefore = await rowsInserted();
    const began = performance.now();
    await bed.simulator.sendCallback(orderNo);
    // Each check takes time from the services, so checks are rare until half of the rows are stored.
    const haveCome = async (rows: number) => (await rowsInserted()) >= rowsBefore + rows;
    await until(`half of the rows of order ${orderNo} are stored`, LIMIT_MS, () => haveCome(records / 2), 250);
    await until(
      `all ${records} rows of order ${orderNo} are visible`,
      LIMIT_MS,
      async () => (await haveCome(records)) && (await settledRows(bed, orderNo, 'count()')) >= records,
      50,
    );
    const seconds = (performance.now() - began) / 1_000;
    // This count leaves out repetitions, as an analyst needs it. It is more expensive, so it runs after the time was measured.
    const settled = await settledRows(bed, orderNo, 'uniqExact(position)');
    if (settled !== records) throw new Error(`${settled} of ${records} positions of order ${orderNo} are settled`);
    return seconds;
  };
  const first = await makeOrder(input.records, 0);
  const orders: string[] = [];
  for (const records of input.orders) orders.push(await makeOrder(records));
  input.say(`${orders.length + 1} orders are ready`);
  const seconds = await run(first, input.records);
  input.say(`the first ${input.records} records, all details asked for: ${seconds.toFixed(1)} s`);
  const kept = opened.move();
  return { fleet, services, run, orders, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Rows of an order that do not wait for details, as `what` counts them. */
async function settledRows(bed: TestBed, orderNo: string, what: 'count()' | 'uniqExact(position)'): Promise<number> {
  const [row] = await bed.query<{ settled: number }>(
    `SELECT ${what} AS settled FROM {{db}}.record_history WHERE order_no = '${orderNo}' AND detail_status != 'PENDING'`,
  );
  return row?.settled ?? 0;
}
