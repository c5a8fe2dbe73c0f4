import { toCoverageRow } from 'qcc-clickhouse/rows/fact-rows';
import { parseDay } from 'qcc-core/base/shanghai-time';
import { toCoverageFact } from 'qcc-core/kafka/messages/coverage-fact';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { nameOf } from '../../scripts/superset/assets/description.ts';
import { expectedRows } from '../../scripts/superset/check/expected-rows.ts';
import { QUALITY_CHARTS } from '../../scripts/superset/list/data-quality.ts';
import { DATASETS } from '../../scripts/superset/list/datasets.ts';
import { extractedOrder, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

/** The number of a chart, and that of the SQL that the chart is compared with. */
async function numberOf(chartKey: string): Promise<{ chart: number; expected: number }> {
  const chart = QUALITY_CHARTS.find(({ key }) => key === chartKey)!;
  if (chart.kind !== 'number') throw new Error('the chart is not a number');
  const dataset = DATASETS.find((each) => nameOf(each) === chart.dataset)!;
  const metric = dataset.metrics.find(({ name }) => name === chart.metric)!;
  const [row] = await db.rows<{ value: number }>(`SELECT ${metric.expression} AS value FROM {{db}}.${dataset.view}`);
  const [[expected]] = (await expectedRows(db.client, chart, db)) as [[number]];
  return { chart: Number(row!.value), expected: Number(expected) };
}
/** It has to be 0 once nothing is missing. */
const missing = () => numberOf('missing-records');
const both = (value: number) => ({ chart: value, expected: value });

const store = async (orderNo: string, declared: number | null, stored: number, rejected: number[] = []) => {
  await db.insert('order_events', extractedOrder({ orderNo, declared }, [0, stored - 1], rejected));
  const positions = Array.from({ length: stored }, (_, position) => position);
  await db.insert(
    'record_history',
    positions.map((position) => recordRow({ id: `${orderNo}-${position}`, orderNo, position })),
  );
};

it('counts the records that an order lacks, whatever other orders have more than they declare', async () => {
  expect(await missing()).toEqual(both(0));
  await store('DD1', 100, 50);
  expect(await missing()).toEqual(both(50));
  await store('DD2', null, 50);
  expect(await missing()).toEqual(both(50));
});

it('counts a rejected record until a person discards it', async () => {
  const { chart: before } = await missing();
  await store('DD3', 10, 9, [9]);
  expect(await missing()).toEqual(both(before + 1));
  await db.insert('order_discards', [
    {
      account: 'main',
      order_no: 'DD3',
      revision: 0,
      position: 9,
      discarded_by: '张',
      reason: '无法修复',
      discarded_at: Date.parse('2026-11-24T11:00:00+08:00'),
    },
  ]);
  expect(await missing()).toEqual(both(before));
});

it('counts an order that QCC lists as incomplete, until it arrives', async () => {
  const incomplete = () => numberOf('orders-not-complete');
  const { chart: before } = await incomplete();
  const listed = Date.parse('2026-11-24T10:00:00+08:00');
  const fact = toCoverageFact({
    ...{ account: 'main', kind: 'CHECKED', at: listed, day: parseDay('2026-11-24'), pushWindow: '09-11' },
    ...{ windowStart: listed, windowEnd: listed, orders: [{ orderNo: 'DD4', createDate: listed }] },
    ...{ covered: true, closed: true, pushWindows: [9] },
  });
  const source = { topic: 'coverage', partition: 0, offset: '1', timestamp: String(listed) };
  await db.insert('coverage_facts', [toCoverageRow(fact, source)]);
  expect(await incomplete()).toEqual(both(before + 1));
  await store('DD4', 1, 1);
  expect(await incomplete()).toEqual(both(before));
});
