import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { ClickHouseUnavailableError, insertRows, insertWhileMade } from 'qcc-clickhouse/insert/insert-rows';
import { type RecordRow, writeRecords } from 'qcc-clickhouse/rows/write-records';
import { avroType } from 'qcc-core/avro/types';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { versionToDecimal } from 'qcc-core/contract/version';
import { exceptionRow } from 'qcc-details/testing/details';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connect, debtor, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

const occurrence = (orderNo: string, position: number, dishonestDebtors: EnrichedRecord['dishonestDebtors']) =>
  recordRow({ id: `${orderNo}-${position}`, orderNo, position, dishonestDebtors });

/** What no version of the parser lets through, and a table cannot hold. */
const NO_DECIMAL = [debtor({ amount: 'viel' })];

describe('insertWhileMade', () => {
  it('returns false if ClickHouse refuses a row, even before it has all rows', async () => {
    const changeContent = '变'.repeat(300);
    const insert = async (orderNo: string, refused: number | undefined) => {
      async function* groups(): AsyncGenerator<RecordRow[], void> {
        for (let first = 0; first < 12_000; first += 500) {
          yield Array.from({ length: 500 }, (_, at) => {
            const position = first + at;
            const dishonestDebtors = position === refused ? NO_DECIMAL : [];
            return recordRow({ id: `g-${position}`, orderNo, position, changeContent, dishonestDebtors });
          });
        }
      }
      return await insertWhileMade(db, { table: 'record_history', write: writeRecords }, groups());
    };
    expect(await insert('all good', undefined)).toBe(true);
    const [stored] = await db.rows(`SELECT count() AS stored FROM {{db}}.records WHERE order_no = 'all good'`);
    expect(stored).toEqual({ stored: 12_000 });
    for (const refused of [0, 7_000, 11_999]) expect(await insert(`bad ${refused}`, refused)).toBe(false);
  });

  it('makes no insert of no rows', async () => {
    async function* groups(): AsyncGenerator<RecordRow[], void> {}
    const write = () => Promise.reject(new Error('an insert of nothing'));
    expect(await insertWhileMade(db, { table: 'record_history', write }, groups())).toBe(true);
  });

  it('throws what making the rows throws, and blames neither ClickHouse nor a row', async () => {
    async function* groups(): AsyncGenerator<RecordRow[], void> {
      for (let position = 0; position < 5_000; position += 1) yield [occurrence('cut off', position, [])];
      throw new TypeError('no schema');
    }
    const inserting = insertWhileMade(db, { table: 'record_history', write: writeRecords }, groups());
    await expect(inserting).rejects.toThrow(new TypeError('no schema'));
  });

  it('does not take rows for stored that nobody has asked for', async () => {
    async function* groups(): AsyncGenerator<RecordRow[], void> {
      for (let position = 0; position < 2; position += 1) yield [occurrence('not asked for', position, [])];
    }
    const write: typeof writeRecords = async (_db, _table, given) => {
      for await (const _ of given) break;
    };
    await expect(insertWhileMade(db, { table: 'record_history', write }, groups())).rejects.toThrow(
      /record_history did not take the rows: .*before it had all rows/,
    );
  });
});

describe('insertRows', () => {
  it('keeps milliseconds, days, big numbers, tuples and texts exact', async () => {
    const orderNo = 'exact';
    const text = '一\u0000二"\\\n\u2028😀';
    const row = recordRow({
      orderNo,
      id: 'exact',
      corpName: text,
      extra: { '键"': '{"a":1}' },
      pushDate: 999_999_999_123,
      changeDate: -3,
      eventDate: 20_000,
      detailStatus: 'ENRICHED',
      detailsFetchedAt: 1,
      exceptions: [exceptionRow({ addReason: text, addDate: 949_334_400_123 })],
      dishonestDebtors: [debtor({ id: 'd1', amount: '999999999999999999.99', amountRaw: '很多', publicDate: 18_702 })],
    });
    await db.insert('record_history', [row]);
    const [stored] = await db.rows(`
      SELECT corp_name, extra, toString(push_date) AS push_date, push_day, toString(change_date) AS change_date, event_date,
        toUnixTimestamp64Milli(details_fetched_at) AS fetched, details_fetched_day, toString(version) AS version,
        exceptions[1].add_reason AS add_reason, toString(exceptions[1].add_date) AS add_date,
        toString(dishonest_debtors[1].amount) AS amount, dishonest_debtors[1].public_date AS public_date
      FROM {{db}}.records WHERE id = 'exact'`);
    expect(stored).toEqual({
      corp_name: text,
      extra: { '键"': '{"a":1}' },
      push_date: '2001-09-09 09:46:39.123',
      push_day: '2001-09-09',
      change_date: '1969-12-29',
      event_date: '2024-10-04',
      fetched: 1,
      details_fetched_day: '1970-01-01',
      version: versionToDecimal((avroType('enriched-records').fromBuffer(row.body) as EnrichedRecord).version),
      add_reason: text,
      add_date: '2000-02-01 00:00:00.123',
      amount: '999999999999999999.99',
      public_date: '2021-03-16',
    });
  });

  it.each([
    ['one row among many', 1_000, [613]],
    ['the first and the last', 64, [0, 63]],
    ['neighbours', 100, [49, 50, 51]],
    ['the only one', 1, [0]],
  ])('stores all but what ClickHouse refuses: %s', async (name, count, bad) => {
    const rows = Array.from({ length: count }, (_, position) =>
      occurrence(name, position, bad.includes(position) ? NO_DECIMAL : []),
    );
    const refused = await insertRows(db, { table: 'record_history', rows, write: writeRecords });
    expect(refused.map(({ row }) => rows.indexOf(row))).toEqual(bad);
    for (const { message } of refused) expect(message).toContain('viel');
    const [stored] = await db.rows(`SELECT count() AS stored FROM {{db}}.records WHERE order_no = '${name}'`);
    expect(stored).toEqual({ stored: count - bad.length });
  });

  it.each([
    ['an Avro boolean that is none', (body: Buffer) => (body[body.length - 36] = 2)],
    ['Avro that ends too early', (body: Buffer) => body.fill(0xff, body.length - 35)],
  ])('refuses %s, and stores the others', async (name, spoil) => {
    const rows = Array.from({ length: 5 }, (_, position) => occurrence(name, position, []));
    spoil(rows[2]!.body);
    const refused = await insertRows(db, { table: 'record_history', rows, write: writeRecords });
    expect(refused.map(({ row }) => rows.indexOf(row))).toEqual([2]);
    const [stored] = await db.rows(`SELECT count() AS stored FROM {{db}}.records WHERE order_no = '${name}'`);
    expect(stored).toEqual({ stored: 4 });
  });

  it('takes it as the fault of the table when too many rows are refused', async () => {
    const rows = Array.from({ length: 20 }, (_, position) => occurrence('all refused', position, NO_DECIMAL));
    await expect(insertRows(db, { table: 'record_history', rows, write: writeRecords, maxRefused: 5 })).rejects.toThrow(
      /record_history refuses more than 5 rows of one batch: .*viel/,
    );
  });

  it('takes JSON rows of the other tables, and refuses a column that they have not', async () => {
    const rows = [{ account: 'main', order_no: 'DD1', column_of_the_future: 1 }];
    const [refused] = await insertRows(db, { table: 'order_discards', rows });
    expect(refused?.message).toContain('column_of_the_future');
  });

  it('names the row where none may be refused', async () => {
    const rows = [{ account: 'main', order_no: 'DD1', position: 3, column_of_the_future: 1 }];
    await expect(insertRows(db, { table: 'erased_occurrences', rows, maxRefused: 0 })).rejects.toThrow(
      /erased_occurrences refuses a row of order DD1, position 3: .*column_of_the_future/,
    );
  });

  it.each([
    ['a table that is missing', async () => insertRows(db, { table: 'nothing', rows: [{ a: 1 }] })],
    [
      'a server that is down',
      async () => {
        const closed = await new Promise<number>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address() as AddressInfo;
            server.close(() => resolve(port));
          });
        });
        const client = connect(`http://127.0.0.1:${closed}`);
        try {
          return await insertRows({ client, database: 'qcc' }, { table: 'record_history', rows: [{ a: 1 }] });
        } finally {
          await client.close();
        }
      },
    ],
  ])('blames no row for %s', async (_, attempt) => {
    await expect(attempt()).rejects.toBeInstanceOf(ClickHouseUnavailableError);
  });
});
