// @module-tag whole
import { request as forward } from 'node:http';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { type RecordRow, writeRecords } from 'qcc-clickhouse/rows/write-records';
import { type LoopbackServer, startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, inject, it } from 'vitest';
import { extractedOrder, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

/** Nothing listens there: the port is reserved. */
const DEAD = 'http://127.0.0.1:1';

/** A way to the real ClickHouse that can be cut: it ends every connection then, also in the middle of a request. */
async function openWay(): Promise<LoopbackServer & { passed: () => number; cutAfter: (requests: number) => void }> {
  let passed = 0;
  let most = Number.POSITIVE_INFINITY;
  const server = await startLoopbackServer((request, response) => {
    if (passed >= most) {
      // A part of the body has come by then.
      request.once('data', () => request.socket.destroy());
      return;
    }
    passed += 1;
    const { method, url = '', headers } = request;
    const onward = forward(new URL(url, inject('stack').CLICKHOUSE_URL), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  return {
    ...server,
    passed: () => passed,
    cutAfter(requests) {
      most = passed + requests;
    },
  };
}

/** Stores a row as the sink does, which begins a batch again until it is stored. */
async function store(db: SinkDatabase, row: RecordRow): Promise<void> {
  const input = { table: 'record_history', rows: [row], write: writeRecords };
  await insertRows(db, input).catch(() => insertRows(db, input));
}

const found = (db: SinkDatabase) => db.rows('SELECT stored, status FROM {{db}}.orders');

it('a database is made, filled and read through the second of two URLs while nothing answers at the first', async () => {
  await using way = await openWay();
  await using db = await openSinkDatabase(`${DEAD},${way.url}`);
  await db.insert('order_events', extractedOrder({ declared: 1 }, [0, 0]));
  await store(db, recordRow({ position: 0 }));
  expect(await found(db)).toEqual([{ stored: 1, status: 'COMPLETE' }]);
});

it.each([0, 1, 5])(
  'no row is lost or doubled if the server in use goes away after %d more requests',
  async (requests) => {
    await using first = await openWay();
    await using second = await openWay();
    await using db = await openSinkDatabase(`${first.url},${second.url}`);
    await db.insert('order_events', extractedOrder({ declared: 6 }, [0, 5]));
    expect(second.passed()).toBe(0);
    first.cutAfter(requests);
    for (let position = 0; position < 6; position += 1) await store(db, recordRow({ position, id: `r${position}` }));
    expect(await found(db)).toEqual([{ stored: 6, status: 'COMPLETE' }]);
    expect(await db.rows('SELECT count() AS n, uniqExact(id) AS ids FROM {{db}}.records')).toEqual([{ n: 6, ids: 6 }]);
    expect(second.passed()).toBeGreaterThanOrEqual(6 - requests);
  },
);
