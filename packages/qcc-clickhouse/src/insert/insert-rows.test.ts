import { ClickHouseError } from '@clickhouse/client';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test } from 'vitest';
import { createClickHouse } from '../create-clickhouse.ts';
import { asDefaultUser } from '../testing/default-user.ts';
import { type InsertDeps, insertRows } from './insert-rows.ts';

const deps = { database: 'qcc' } as InsertDeps;
const cut = () => new ClickHouseError({ message: 'Cannot read all data', code: '33', type: 'CANNOT_READ_ALL_DATA' });

/** ClickHouse behind a way on which the bodies of the first inserts are cut; it refuses the rows named `bad`. */
function setUp({ cuts }: { cuts: number }) {
  const stored: string[] = [];
  let inserts = 0;
  const insert = (...names: string[]) =>
    insertRows(deps, {
      table: 'records',
      rows: names.map((name) => ({ name })),
      async write(_deps, _table, groups) {
        const rows = (await Array.fromAsync(groups)).flat();
        inserts += 1;
        if (inserts <= cuts || rows.some(({ name }) => name === 'bad')) throw cut();
        stored.push(...rows.map(({ name }) => name));
      },
    });
  return { insert, stored, inserts: () => inserts };
}

test('a row whose body was cut in transit twice is stored, not refused', async () => {
  const { insert, stored } = setUp({ cuts: 2 });
  expect(await insert('A')).toEqual([]);
  expect(stored).toEqual(['A']);
});

test('a row that ClickHouse refuses three times alone is refused, and those around it are stored', async () => {
  const { insert, stored, inserts } = setUp({ cuts: 0 });
  expect(await insert('A', 'bad', 'B')).toMatchObject([{ row: { name: 'bad' }, message: 'Cannot read all data' }]);
  expect(stored).toEqual(['A', 'B']);
  expect(inserts()).toBe(7);
});

test('ClickHouse ends an insert before the client gives it up, so that it is not stored after its repetition', async () => {
  const limits: number[] = [];
  await using server = await startLoopbackServer((request, response) => {
    limits.push(Number(new URL(request.url ?? '', 'http://fake').searchParams.get('max_execution_time')));
    request.resume().on('end', () => response.end());
  });
  await using client = createClickHouse(asDefaultUser(server.url));
  await insertRows({ client, database: 'qcc' }, { table: 'records', rows: [{ name: 'A' }] });
  expect(limits).toEqual([50]);
});
