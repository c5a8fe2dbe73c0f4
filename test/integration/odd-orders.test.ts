// @module-tag whole
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';

/** Links of a host without a port, whose port 443 says nothing: only root may listen there. */
const FILE_HOST = '127.0.0.77';
const mayListen = process.getuid?.() === 0;

/** How old an order is when the list names it first, by its createDate. */
const LISTED_AGE_MS = 21_000;
const CALLBACK_DELAY_MS = 2_000;
/** Somewhat less than the time that a connection may take. */
const CONNECT_LIMIT_MS = 4_500;

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: {
      seed: 'odd-orders',
      // The list of orders is empty until the first test.
      faults: { nullResult: true },
      ...(mayListen && { host: FILE_HOST, publicHost: FILE_HOST, fileHostPort: 80, filteredPort: 443 }),
    },
    env: { CALLBACK_PATIENCE_MS: String(LISTED_AGE_MS + 6_000) },
  });
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

type Request = Parameters<Pipeline['simulator']['createOrder']>[0];
type Row = Record<string, unknown>;

/** An order, once all of it is stored. */
async function store(request: Request): Promise<string> {
  const { orderNo } = await pipeline.simulator.createOrder(request);
  await vi.waitFor(async () => expect(await orderOf(orderNo, 'status')).toEqual({ status: 'COMPLETE' }), PATIENCE);
  return orderNo;
}
const orderOf = async (orderNo: string, columns: string) =>
  (await pipeline.query<Row>(`SELECT ${columns} FROM {{db}}.orders WHERE order_no = '${orderNo}'`))[0];
const metricsOf = async (service: keyof Pipeline['adminPorts']) =>
  await (await fetch(`http://127.0.0.1:${pipeline.adminPorts[service]}/metrics`)).text();

test('an empty list of orders as null is an empty list', async () => {
  const { counts } = pipeline.simulator.calls.report();
  expect(counts.listLatestOrderNo).toEqual({ 200: expect.any(Number) });
  expect(await metricsOf('callback-gateway')).not.toMatch(/outcome="(UNEXPECTED_SHAPE|unknown)"/);
});

test('an empty order with null in the place of its records is COMPLETE', async () => {
  const orderNo = await store({ records: 0, nullResult: true });
  expect(await orderOf(orderNo, 'declared, parsed, rejected, stored')).toEqual({
    declared: 0,
    parsed: 0,
    rejected: 0,
    stored: 0,
  });
});

test('an order whose callback comes later than it is listed is read from the callback, without an activation', async () => {
  pipeline.simulator.faults.set({ callbackDelayMs: CALLBACK_DELAY_MS });
  const orderNo = await store({ records: 2, blankCodes: true, types: ['2'] });
  pipeline.simulator.faults.set({ callbackDelayMs: 0 });
  expect(await orderOf(orderNo, 'source, stored')).toEqual({ source: 'callback', stored: 2 });
  expect(pipeline.simulator.calls.report().counts.activeCallbackUrl ?? {}).toEqual({});
});

test('a link whose time of expiry has passed is used as long as it lives', async () => {
  pipeline.simulator.faults.set({ expiredTimeLagMs: -7_200_000, linkTimeLagMs: -7_200_000 });
  await store({ records: 1 });
  pipeline.simulator.faults.set({ expiredTimeLagMs: 0, linkTimeLagMs: 0 });
  expect(await metricsOf('archive-extractor')).not.toMatch(/qcc_dead_letters_total\{[^}]*\} [1-9]/);
});

test('fields around the records of an archive are counted each time that they come', async () => {
  for (let time = 0; time < 2; time += 1) await store({ records: 1, unknownEnvelopeField: true });
  expect(await metricsOf('archive-extractor')).toMatch(/qcc_unknown_response_fields_total\{endpoint="archive".*\} 2\n/);
});

describe('the time of an order in another form', () => {
  test.each([
    ['chinese-date', true],
    ['slashed-date', true],
    ['milliseconds-date', true],
    ['unreadable-date', false],
  ] as const)('%s', async (oddity, isRead) => {
    pipeline.simulator.faults.set({ listOddities: [oddity] });
    const orderNo = await store({ records: 1, callback: false });
    const createDate = pipeline.simulator.orders().find((order) => order.orderNo === orderNo)!.createDate;
    const expected = isRead ? `${createDate}.000` : null;
    await vi.waitFor(
      async () => expect(await orderOf(orderNo, 'create_date')).toEqual({ create_date: expected }),
      PATIENCE,
    );
    pipeline.simulator.faults.set({ listOddities: [] });
  });
});

// Skipped if this process may not listen on port 443.
test.runIf(mayListen)('a port 443 that says nothing delays the first download only', async () => {
  const [first, ...others] = await pipeline.query<{ ms: number }>(
    `SELECT dateDiff('millisecond', received_at, extracted_at) AS ms FROM {{db}}.orders ORDER BY received_at`,
  );
  expect(first!.ms).toBeGreaterThan(CONNECT_LIMIT_MS);
  for (const { ms } of others) expect(ms).toBeLessThan(CONNECT_LIMIT_MS);
});
