import { runCli } from 'qcc-cli/run-cli';
import { toDetailSpendRow } from 'qcc-clickhouse/rows/fact-rows';
import { shanghaiDay, shanghaiDayNumber } from 'qcc-core/base/shanghai-time';
import { expect, inject, it } from 'vitest';
import { openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

const url = inject('stack').CLICKHOUSE_URL;
const NOW = Date.now();

async function qcc(db: SinkDatabase, ...args: string[]) {
  const out: string[] = [];
  const exitCode = await runCli(
    {
      env: { CLICKHOUSE_URL: url, CLICKHOUSE_DATABASE: db.database },
      print: (line) => void out.push(line),
      complain: (text) => void out.push(text),
      ask: null,
    },
    args,
  );
  return { exitCode, out: out.join('\n') };
}

const spend = (partition: number, offset: number, counts: Record<string, number>, account = 'main') =>
  toDetailSpendRow(
    {
      account,
      day: shanghaiDayNumber(NOW),
      partition,
      reserved: 100,
      calls: Object.entries(counts).map(([code, count]) => ({ endpoint: 'getExceptions', code, count })),
      updatedAt: NOW,
    },
    { topic: 'detail-spend', partition, offset: String(offset), timestamp: String(NOW) },
  );

it('the newest counts of each partition add up, in whatever order and however often they come', async () => {
  await using db = await openSinkDatabase(url);
  const entries = [
    spend(0, 1, { QCC_200: 1 }),
    spend(0, 2, { QCC_200: 5, QCC_205: 2 }),
    spend(1, 1, { QCC_200: 3 }),
    spend(1, 1, { QCC_200: 9 }, 'other'),
  ];
  for (const entry of [entries[1]!, ...entries, entries[0]!]) await db.insert('detail_spend_entries', [entry]);
  expect(
    await db.rows("SELECT day, endpoint, code, calls FROM {{db}}.detail_spend WHERE account = 'main' ORDER BY code"),
  ).toEqual([
    { day: shanghaiDay(NOW), endpoint: 'getExceptions', code: 'QCC_200', calls: 8 },
    { day: shanghaiDay(NOW), endpoint: 'getExceptions', code: 'QCC_205', calls: 2 },
  ]);
  const { exitCode, out } = await qcc(db, 'details', 'spend', '--days', '2');
  expect(exitCode).toBe(0);
  expect(out).toMatch(/all\s*│\s*│ 10/);
});

it('the estimate counts equal questions once, at the highest level of risk that asks', async () => {
  await using db = await openSinkDatabase(url);
  const pending = { detailStatus: 'PENDING', type: '2', corpKeyNo: 'k1', checkId: 'c1', category: '2' };
  await db.insert('record_history', [
    recordRow({ ...pending, id: 'a', position: 0 }),
    recordRow({ ...pending, id: 'b', position: 1, category: '7' }),
    recordRow({ ...pending, id: 'c', position: 2, checkId: 'c2' }),
    recordRow({ ...pending, id: 'd', position: 3, type: '11', category: '3' }),
    recordRow({ ...pending, id: 'e', position: 4, checkId: 'c4' }),
    recordRow({ ...pending, id: 'e', position: 4, checkId: 'c4', detailStatus: 'ENRICHED', detailsFetchedAt: NOW }),
    recordRow({ ...pending, id: 'f', position: 5, account: 'other' }),
  ]);
  const { exitCode, out } = await qcc(db, 'details', 'estimate');
  expect(exitCode).toBe(0);
  expect(out).toMatch(/getExceptions\s*│ 1\s*│ 2\s*│ 1 /);
  expect(out).toMatch(/getExceptions\s*│ 2\s*│ 1\s*│ 1 /);
  expect(out).toMatch(/getShiXinList\s*│ 3\s*│ 1\s*│ 1 /);
  expect(out).toMatch(/all\s*│\s*│ 4\s*│ 3 /);
});
