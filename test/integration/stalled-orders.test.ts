import { STALLED_AFTER_MS } from 'qcc-clickhouse/ledger/stall-watch';
import { connectCodec } from 'qcc-core/avro/codec';
import { createHealth } from 'qcc-core/base/health';
import { createMetrics, scrape } from 'qcc-core/base/metrics';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { type OrderFact, orderEvent } from 'qcc-core/kafka/messages/order-event';
import { startAdminServer } from 'qcc-core/service/admin-server';
import { DERIVE_PART } from 'sink/derive-records';
import { watchLedger } from 'sink/watch/watch-ledger';
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { steadyPort } from '../../stack/ports.ts';
import { openFleet } from '../harness/instances.ts';
import { PATIENCE } from '../harness/patience.ts';
import { openTestBed } from '../harness/pipeline.ts';
import { eventRow, extractedOrder, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';
import { produce } from './topic-reader.ts';

const stack = inject('stack');

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(stack.CLICKHOUSE_URL);
});
beforeEach(() => db.empty());
afterAll(() => db[Symbol.asyncDispose]());

/** The sink's watch over a ledger, behind a real admin port, on a clock that the test sets. */
async function openWatch({ client: reader, database }: Pick<SinkDatabase, 'client' | 'database'>, account: string) {
  await using opened = new AsyncDisposableStack();
  let clock = Date.UTC(2026, 10, 24, 2);
  let looks = 0;
  const metrics = createMetrics({ service: 'sink', account });
  const health = createHealth({ parts: [] });
  const port = await steadyPort();
  opened.use(
    await startAdminServer({
      host: '127.0.0.1',
      port,
      health,
      scrape: () => scrape([metrics]),
      redact: (text) => text,
    }),
  );
  const log = { error() {}, warn() {} };
  const client = Object.assign(Object.create(reader) as typeof reader, {
    query(...input: Parameters<typeof reader.query>) {
      if (input[0].query.includes('AS progress')) looks += 1;
      return reader.query(...input);
    },
  });
  const deps = { client, database, account, metrics, health, log: log as never, now: () => clock };
  opened.use(watchLedger(deps, { intervalMs: 10, stalledAfterMs: STALLED_AFTER_MS }));
  /** Resolves once a reading that began after this call has been judged: then the next one has begun. */
  const look = async () => {
    const before = looks;
    await vi.waitFor(() => expect(looks).toBeGreaterThan(before + 1), PATIENCE);
  };
  const get = (page: string) => fetch(`http://127.0.0.1:${port}/${page}`);
  const kept = opened.move();
  return {
    health,
    look,
    /** Lets the two minutes pass with several readings; a fact may arrive before each of them. */
    async wait(arrive = async (): Promise<void> => {}) {
      for (let step = 0; step < 2; step += 1) {
        await arrive();
        await look();
        clock += STALLED_AFTER_MS / 2;
      }
      await look();
    },
    async said() {
      const readyz = await get('readyz');
      const { problems } = (await readyz.json()) as { problems: Record<string, string> };
      const series = (await (await get('metrics')).text()).match(/^qcc_orders_stalled\{.*/gm) ?? [];
      const stalled = Object.fromEntries(
        series.map((line) => [/status="(\w+)"/.exec(line)?.[1], Number(line.split(' ').at(-1))]),
      );
      return {
        readyz: readyz.status,
        livez: (await get('livez')).status,
        problem: problems['stalled orders'],
        stalled,
      };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const WELL = { readyz: 200, livez: 200, problem: undefined, stalled: { RECEIVED: 0, EXTRACTING: 0, STORING: 0 } };

test('an order whose records do not arrive is named on /readyz and counted by a metric until one arrives; the process stays alive', {
  tags: 'whole',
}, async () => {
  await using bed = await openTestBed({ stack });
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  await using fleet = openFleet(bed);
  const sink = await fleet.start('sink');
  await sink.ready();

  const { account } = bed;
  const at = Date.now();
  const fact = (stage: OrderFact['stage'], more: Partial<OrderFact> = {}) =>
    orderEvent(codec, { account, orderNo: 'DD1', revision: 0, at, stage, ...more });
  const record = (position: number) => ({
    topic: TOPICS.enrichedRecords,
    key: 'k1',
    value: Buffer.concat([
      codec.header('enriched-records'),
      recordRow({ account, id: `r${position}`, position, orderNo: 'DD1' }).body,
    ]),
  });
  const store = async (stored: number, ...messages: Parameters<typeof produce>[2]) => {
    await produce(kafka, bed.prefix, messages);
    await vi.waitFor(async () => {
      const rows = await bed.query('SELECT status, stored FROM {{db}}.orders');
      expect(rows).toEqual([{ status: stored < 3 ? 'STORING' : 'COMPLETE', stored }]);
    }, PATIENCE);
  };
  const parsed = fact('PARSED', { positions: [0, 1, 2] });
  await store(
    1,
    fact('RECEIVED'),
    fact('EXTRACTING', { declared: 3 }),
    parsed,
    fact('EXTRACTED', { declared: 3 }),
    record(0),
  );

  await using watch = await openWatch({ client: bed.clickhouse, database: bed.database }, account);
  await watch.look();
  expect(await watch.said()).toEqual(WELL);
  await watch.wait();
  const stalled = {
    readyz: 503,
    livez: 200,
    problem: expect.stringMatching(/DD1 is STORING since 2026-11-24T02:.*npx qcc audit DD1/),
    stalled: { ...WELL.stalled, STORING: 1 },
  };
  expect(await watch.said()).toEqual(stalled);

  await store(2, record(1));
  await watch.look();
  expect(await watch.said()).toEqual(WELL);
  await watch.wait();
  expect(await watch.said()).toEqual(stalled);

  await store(3, record(2));
  await watch.look();
  expect(await watch.said()).toEqual(WELL);
  await watch.wait();
  expect(await watch.said()).toEqual(WELL);
});

const STORED = recordRow({ position: 0 });
const LOST = extractedOrder({ declared: 2 }, [0, 1]);
type Arrival = [table: string, row: object];

type State = 'stalled' | 'well';
const SENTENCE = 'an order of which a record is lost is stalled, or well again, if %s';

async function expectState(_: string, arrivals: Arrival[], expected: State): Promise<void> {
  await db.insert('order_events', LOST);
  await db.insert('record_history', [STORED]);
  await using watch = await openWatch(db, 'main');
  await watch.wait();
  expect((await watch.said()).stalled).toMatchObject({ STORING: 1 });
  for (const [table, row] of arrivals) await db.insert(table, [row]);
  await watch.look();
  expect((await watch.said()).readyz).toBe(expected === 'well' ? 200 : 503);
}

test.each<[string, Arrival[], State]>([['nothing comes', [], 'stalled']])(SENTENCE, expectState);

test.each<[string, Arrival[], State]>([
  ['a record is stored', [['record_history', recordRow({ id: 'r2', position: 1 })]], 'well'],
  [
    'details of its other records settle',
    [['record_history', recordRow({ position: 0, detailStatus: 'ENRICHED', detailsFetchedAt: 1 })]],
    'stalled',
  ],
  [
    'the sink states again what it stored',
    [['order_events', eventRow({ stage: 'STORED', positions: [{ first: 0, last: 0 }] })]],
    'stalled',
  ],
  ['its callback is repeated', [['order_events', eventRow({ stage: 'RECEIVED' })]], 'stalled'],
  ['another order moves', [['order_events', eventRow({ orderNo: 'DD2', stage: 'EXTRACTING' })]], 'stalled'],
  [
    'a record is rejected',
    [['order_events', eventRow({ stage: 'REJECTED', positions: [{ first: 1, last: 1 }] })]],
    'well',
  ],
  ['a replay begins', [['order_events', eventRow({ stage: 'EXTRACTING', revision: 1 })]], 'well'],
])(SENTENCE, { tags: 'whole' }, expectState);

test('a sink ignores the orders of another account', { tags: 'whole' }, async () => {
  await db.insert('order_events', [eventRow({ account: 'other', stage: 'RECEIVED' })]);
  await using watch = await openWatch(db, 'main');
  await watch.wait();
  expect(await watch.said()).toEqual(WELL);
});

test('an order whose extractor says that it works on it is not stalled, nor is one behind it', {
  tags: 'whole',
}, async () => {
  const received = ['DD1', 'DD2'].map((orderNo) => eventRow({ orderNo, stage: 'RECEIVED' }));
  await db.insert('order_events', received);
  await using watch = await openWatch(db, 'main');
  for (let minutes = 0; minutes < 6; minutes += 2) {
    await watch.wait(() => db.insert('order_events', [eventRow({ orderNo: 'DD1', stage: 'FETCHING' })]));
    expect(await watch.said()).toEqual(WELL);
  }
  await watch.wait();
  expect((await watch.said()).stalled).toMatchObject({ RECEIVED: 2 });
});

test('an order that stalls while only the tables for analysts have trouble is called stalled', async () => {
  await db.insert('order_events', [eventRow({ stage: 'RECEIVED' })]);
  await using watch = await openWatch(db, 'main');
  watch.health.set(DERIVE_PART, 'ClickHouse refuses rows');
  await watch.wait();
  expect((await watch.said()).stalled).toMatchObject({ RECEIVED: 1 });
});

test('while the sink itself is not ready, it calls no further order stalled, and for two minutes after that', {
  tags: 'whole',
}, async () => {
  await db.insert('order_events', [eventRow({ stage: 'RECEIVED' })]);
  await using watch = await openWatch(db, 'main');
  await watch.look();
  watch.health.set('topics', 'ClickHouse refuses rows');
  await watch.wait();
  watch.health.set('topics', null);
  await watch.look();
  expect(await watch.said()).toEqual(WELL);
  await watch.wait();
  expect(await watch.said()).toMatchObject({ readyz: 503, livez: 200, stalled: { RECEIVED: 1 } });
});
