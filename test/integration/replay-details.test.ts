// @module-tag whole
import { runCli } from 'qcc-cli/run-cli';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';

/** An order whose details are settled, replayed while QCC answers no more detail calls. */
const RECORDS = 60;
const DETAIL_CALLS = ['getExceptions', 'getSeriousViolation', 'getShiXinList'] as const;

let pipeline: Pipeline;
let orderNo: string;

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'replay-details' },
    // Nothing is remembered in memory, as after a restart.
    env: { DETAIL_CACHE_ENTRIES: '0', DETAIL_WAIT_MS: '300', DETAIL_RATE_PER_SECOND: '1000' },
  });
  const types = ['1', '2', '10', '11'];
  ({ orderNo } = await pipeline.simulator.createOrder({ records: RECORDS, pushDate: '2026-03-16 09:10:00', types }));
  await orderIs({ revision: 0, status: 'COMPLETE' });
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

const orderIs = (expected: object) =>
  vi.waitFor(async () => {
    const rows = await pipeline.query('SELECT revision, status FROM {{db}}.orders');
    expect(rows).toEqual([expected]);
  }, PATIENCE);

/** What BI sees of the details, and by which revision. */
const current = (revision: number) =>
  pipeline.query(
    `SELECT id, detail_status, details_fetched_at, exceptions, serious_violations, dishonest_debtors
     FROM {{db}}.records WHERE revision = ${revision} ORDER BY id`,
  );

test('a replay keeps the details that QCC gave after the push, and asks for none again', async () => {
  const { simulator } = pipeline;
  const before = await current(0);
  expect(before).toContainEqual(expect.objectContaining({ detail_status: 'ENRICHED' }));
  const calls = simulator.calls.report().counts;
  simulator.faults.set({ codes: Object.fromEntries(DETAIL_CALLS.map((endpoint) => [endpoint, '109'])) });

  const terminal = { env: pipeline.env, print() {}, complain() {}, ask: null };
  expect(await runCli(terminal, ['replay', orderNo])).toBe(0);
  await orderIs({ revision: 1, status: 'COMPLETE' });

  expect(await current(1)).toEqual(before);
  const after = simulator.calls.report().counts;
  expect(DETAIL_CALLS.map((endpoint) => after[endpoint])).toEqual(DETAIL_CALLS.map((endpoint) => calls[endpoint]));
});
