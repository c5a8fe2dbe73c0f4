import fc from 'fast-check';
import { STALLED_AFTER_MS } from 'qcc-clickhouse/ledger/stall-watch';
import { toCoverageRow, toDeadLetterActionRow, toOrderClosureRow } from 'qcc-clickhouse/rows/fact-rows';
import { toDeadLetterRow } from 'qcc-clickhouse/rows/to-dead-letter-row';
import { createHealth } from 'qcc-core/base/health';
import { createMetrics, scrape } from 'qcc-core/base/metrics';
import { parseDay, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import type { OrderEvent } from 'qcc-core/contract/domain';
import { toCoverageFact } from 'qcc-core/kafka/messages/coverage-fact';
import { exceptionRow } from 'qcc-details/testing/details';
import { watchLedger, writeServiceSettings } from 'sink/watch/watch-ledger';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { debtor, eventRow, extractedOrder, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

const url = inject('stack').CLICKHOUSE_URL;
const T0 = Date.parse('2026-11-24T10:00:00+08:00');
const DAY_MS = 86_400_000;

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(url);
});
beforeEach(() => db.empty());
afterAll(() => db[Symbol.asyncDispose]());

const order = async (orderNo = 'DD1') => {
  const rows = await db.rows(`SELECT * FROM {{db}}.orders WHERE order_no = '${orderNo}'`);
  expect(rows.length).toBe(1);
  return rows[0]!;
};
const current = (columns: string) => db.rows(`SELECT ${columns} FROM {{db}}.records ORDER BY id`);

const exception = (addReason: string) => exceptionRow({ addReason, addDate: T0, decisionOffice: '市监局' });
const debtorOf = (id: string) =>
  debtor({ id, anno: `(2026)${id}`, annoNormalized: `（2026）${id}`, amount: '12.50', amountRaw: '12.50' });

describe('records', () => {
  const newer = recordRow({ orderNo: 'DD2', pushDate: T0 + DAY_MS, corpName: 'newer' });
  const older = recordRow({ orderNo: 'DD1', pushDate: T0, corpName: 'older' });

  it.each([
    ['after', [older, newer]],
    ['before', [newer, older]],
  ])('shows the newer push when it arrives %s the older one', async (_, arrivals) => {
    for (const row of arrivals) await db.insert('record_history', [row]);
    expect(await current('id, corp_name')).toEqual([{ id: 'r1', corp_name: 'newer' }]);
    expect(await db.rows('SELECT corp_name FROM {{db}}.record_history FINAL ORDER BY push_date')).toEqual([
      { corp_name: 'older' },
      { corp_name: 'newer' },
    ]);
  });

  it('shows the last of an id that comes twice in one archive, and the ledger counts both', async () => {
    await db.insert('order_events', extractedOrder({ declared: 2 }, [0, 1]));
    await db.insert('record_history', [
      recordRow({ position: 1, corpName: 'second' }),
      recordRow({ position: 0, corpName: 'first' }),
    ]);
    expect(await current('id, corp_name')).toEqual([{ id: 'r1', corp_name: 'second' }]);
    expect(await order()).toMatchObject({ status: 'COMPLETE', stored: 2, missing: [] });
  });

  it('counts a row in the ledger only when the records show it', async () => {
    await db.insert('order_events', extractedOrder({ declared: 1 }, [0, 0]));
    const alter = (change: string) =>
      db.client.command({ query: `ALTER TABLE ${db.database}.record_current ${change}` });
    await alter('ADD CONSTRAINT slow CHECK sleepEachRow(1) = 0');
    try {
      const inserted = db.insert('record_history', [recordRow({})]);
      await vi.waitFor(async () => expect(await order()).toMatchObject({ status: 'COMPLETE' }), PATIENCE);
      expect(await current('id')).toEqual([{ id: 'r1' }]);
      await inserted;
    } finally {
      await alter('DROP CONSTRAINT slow');
    }
  });

  it.each(['1900-01-01', '2299-12-31'])(
    'compares the day %s, to which the parser keeps, with days of a query',
    async (text) => {
      await db.insert('record_history', [recordRow({ changeDate: parseDay(text) })]);
      const days = await db.rows(
        `SELECT change_date AS day FROM {{db}}.records WHERE change_date = '${text}' AND change_date = toDate32('${text}')`,
      );
      expect(days).toEqual([{ day: text }]);
    },
  );

  it('keeps accounts apart', async () => {
    await db.insert('record_history', [recordRow({ account: 'a' }), recordRow({ account: 'b' })]);
    expect(await current('account')).toEqual(expect.arrayContaining([{ account: 'a' }, { account: 'b' }]));
  });

  const pending = recordRow({ detailStatus: 'PENDING' });
  const settled = recordRow({ detailStatus: 'ENRICHED', detailsFetchedAt: T0, exceptions: [exception('未公示')] });
  it.each([
    ['after', [pending, settled]],
    ['before', [settled, pending]],
  ])('shows the settled version when it arrives %s the pending one', async (_, arrivals) => {
    for (const row of arrivals) await db.insert('record_history', [row]);
    const expected = [{ detail_status: 'ENRICHED' }];
    expect(await current('detail_status')).toEqual(expected);
    expect(await db.rows('SELECT detail_status FROM {{db}}.record_history FINAL')).toEqual(expected);
    expect(await order()).toMatchObject({ stored: 1, pending_details: 0 });
  });
});

describe('details', () => {
  it('stand in views of their own, with the company and the day', async () => {
    await db.insert('record_history', [
      recordRow({ detailStatus: 'ENRICHED', detailsFetchedAt: T0, exceptions: [exception('一'), exception('二')] }),
    ]);
    const expected = ['一', '二'].map((reason, index) => ({
      record_id: 'r1',
      corp_key_no: 'k1',
      detail_no: index + 1,
      add_reason: reason,
      add_day: '2026-11-24',
    }));
    for (const view of ['exceptions', 'abnormal_operations']) {
      expect(
        await db.rows(
          `SELECT record_id, corp_key_no, detail_no, add_reason, add_day FROM {{db}}.${view} ORDER BY detail_no`,
        ),
      ).toEqual(expected);
    }
  });

  it('of a list that shrinks show the shrunk one', async () => {
    const settled = (fetchedAt: number, ids: string[]) =>
      recordRow({
        type: '11',
        detailStatus: 'ENRICHED',
        detailsFetchedAt: fetchedAt,
        dishonestDebtors: ids.map(debtorOf),
      });
    await db.insert('record_history', [settled(T0 + 1, ['d1', 'd3'])]);
    await db.insert('record_history', [settled(T0, ['d1', 'd2', 'd3'])]);
    expect(
      await db.rows('SELECT id, record_id, toString(amount) AS amount FROM {{db}}.dishonest_debtors ORDER BY id'),
    ).toEqual([
      { id: 'd1', record_id: 'r1', amount: '12.5' },
      { id: 'd3', record_id: 'r1', amount: '12.5' },
    ]);
  });
});

describe('orders', () => {
  const declared = 3;
  const rejected = (position: number) =>
    eventRow({ stage: 'REJECTED', positions: [{ first: position, last: position }] });
  const records = (positions: number[], detailStatus = 'NOT_APPLICABLE') =>
    positions.map((position) => recordRow({ id: `r${position}`, position, detailStatus }));
  const events = {
    received: [eventRow({ stage: 'RECEIVED', source: 'callback' })],
    extracting: [eventRow({ stage: 'EXTRACTING', declared })],
    failed: [eventRow({ stage: 'FAILED', reason: 'ARCHIVE_DAMAGED' })],
    extractingAgain: [eventRow({ stage: 'EXTRACTING', declared })],
    extracted: extractedOrder({ declared }, [0, 2]),
  };

  it.each<[string, object[], object[], object]>([
    ['received', events.received, [], { status: 'RECEIVED', source: 'callback', declared: null, missing: [] }],
    ['being extracted', events.extracting, records([0]), { status: 'EXTRACTING', stored: 1, missing: [1, 2] }],
    ['extracted, partly stored', events.extracted, records([0, 2]), { status: 'STORING', parsed: 3, missing: [1] }],
    [
      'whole',
      events.extracted,
      records([0, 1, 2]),
      { status: 'COMPLETE', parsed: 3, stored: 3, missing: [], reason: null },
    ],
    [
      'waiting for details',
      events.extracted,
      [...records([0, 2]), ...records([1], 'PENDING')],
      { status: 'DETAILS_PENDING', stored: 3, pending_details: 1, missing: [], completed_at: null },
    ],
    [
      'short of what it declares',
      extractedOrder({ declared: 5 }, [0, 2]),
      records([0, 1, 2]),
      { status: 'INCOMPLETE', reason: 'COUNT_MISMATCH', missing: [3, 4] },
    ],
    [
      'longer than it declares',
      extractedOrder({ declared: 2 }, [0, 2]),
      records([0, 1, 2]),
      { status: 'INCOMPLETE', reason: 'COUNT_MISMATCH', missing: [] },
    ],
    [
      'with a rejected record',
      extractedOrder({ declared }, [0, 1], [2]),
      records([0, 1]),
      { status: 'INCOMPLETE', reason: 'RECORDS_REJECTED', rejected: 1, missing: [2] },
    ],
    [
      'with a parsed record that ClickHouse refused',
      [...events.extracted, rejected(1)],
      records([0, 2]),
      { status: 'INCOMPLETE', reason: 'RECORDS_REJECTED', missing: [1] },
    ],
    [
      'with a rejected record that was replayed',
      extractedOrder({ declared }, [0, 1], [2]),
      records([0, 1, 2]),
      { status: 'COMPLETE', rejected: 1, stored: 3, missing: [] },
    ],
    [
      'whole, of an archive that declares no total',
      extractedOrder({ declared: null }, [0, 2]),
      records([0, 1, 2]),
      { status: 'INCOMPLETE', reason: 'UNDECLARED', declared: null, stored: 3, missing: [], missing_ranges: [] },
    ],
    [
      'rejected in part, of an archive that declares no total',
      extractedOrder({ declared: null }, [0, 1], [2, 3]),
      records([0, 1]),
      { status: 'INCOMPLETE', reason: 'RECORDS_REJECTED', missing: [2, 3], missing_ranges: [{ first: 2, last: 3 }] },
    ],
    [
      'whole, of the archive of a callback’s link',
      extractedOrder({ declared, unconfirmed: true }, [0, 2]),
      records([0, 1, 2]),
      { status: 'INCOMPLETE', reason: 'UNCONFIRMED', stored: 3, missing: [], completed_at: null },
    ],
    [
      'rejected in part, of the archive of a callback’s link',
      extractedOrder({ declared, unconfirmed: true }, [0, 1], [2]),
      records([0, 1]),
      { status: 'INCOMPLETE', reason: 'UNCONFIRMED', missing: [2] },
    ],
    [
      'whole, of the archive of a callback’s link, and confirmed',
      [
        ...extractedOrder({ declared, unconfirmed: true }, [0, 2]),
        eventRow({ stage: 'CONFIRMED', at: parseShanghaiDateTime('2026-11-25 09:00:00')! }),
      ],
      records([0, 1, 2]),
      { status: 'COMPLETE', reason: null, completed_at: '2026-11-25 09:00:00.000' },
    ],
    [
      'longer than it declares, and stored in part',
      extractedOrder({ declared: 2 }, [0, 4]),
      records([0, 1, 3]),
      { status: 'STORING', missing: [2, 4] },
    ],
    ['empty', extractedOrder({ declared: 0 }), [], { status: 'COMPLETE', declared: 0, parsed: 0, missing: [] }],
    [
      'failed',
      [...events.extracting, ...events.failed],
      [],
      { status: 'FAILED', reason: 'ARCHIVE_DAMAGED', missing: [] },
    ],
    [
      'tried again after a failure',
      [...events.failed, ...events.extractingAgain],
      [],
      { status: 'EXTRACTING', reason: null },
    ],
  ])('shows the status of an order that is %s', async (_, facts, rows, expected) => {
    await db.insert('order_events', facts);
    await db.insert('record_history', rows);
    expect(await order()).toMatchObject(expected);
  });

  it('lists the first thousand missing positions, and all of them as ranges', { tags: 'whole' }, async () => {
    await db.insert('order_events', extractedOrder({ declared: 5_000 }, [0, 2_999]));
    await db.insert('record_history', records([0, 1, 2, 1_500]));
    const { missing, missing_ranges } = await order();
    expect(missing).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 3));
    expect(missing_ranges).toEqual([
      { first: 3, last: 1_499 },
      { first: 1_501, last: 4_999 },
    ]);
  });

  it('reads orders that declare 50 million records with little memory and in little time', {
    tags: 'whole',
  }, async () => {
    const orderNos = Array.from({ length: 20 }, (_, index) => `DD${index}`);
    await db.insert(
      'order_events',
      orderNos.flatMap((orderNo) => extractedOrder({ orderNo, declared: 50_000_000 }, [0, 0])),
    );
    await db.insert(
      'record_history',
      orderNos.map((orderNo) => recordRow({ orderNo })),
    );
    const result = await db.client.query({
      query: `SELECT * FROM ${db.database}.orders`,
      format: 'JSON',
      clickhouse_settings: { max_memory_usage: '100000000', max_execution_time: 10 },
    });
    const { data } = await result.json<{ missing: number[]; missing_ranges: object[] }>();
    expect(data).toHaveLength(20);
    for (const { missing, missing_ranges } of data) {
      expect(missing).toHaveLength(1_000);
      expect(missing_ranges).toEqual([{ first: 1, last: 49_999_999 }]);
    }
  });

  it('is complete once a person discards what was rejected', async () => {
    await db.insert('order_events', extractedOrder({ declared }, [0, 1], [2]));
    await db.insert('record_history', records([0, 1]));
    await db.insert('order_discards', [
      {
        account: 'main',
        order_no: 'DD1',
        revision: 0,
        position: 2,
        reason: '空记录',
        discarded_by: '张',
        discarded_at: T0,
      },
    ]);
    expect(await order()).toMatchObject({ status: 'COMPLETE', rejected: 1, discarded: 1, stored: 2, missing: [] });
  });

  const DEADLINE_MS = 1_800_000;
  const startedAgo = (ms: number) => ({ at: Date.now() - ms });
  it.each<[string, object[], object]>([
    ['just received', [eventRow({ stage: 'RECEIVED', ...startedAgo(0) })], { status: 'RECEIVED', reason: null }],
    [
      'received too long ago',
      [eventRow({ stage: 'RECEIVED', ...startedAgo(DEADLINE_MS + 1) })],
      { status: 'INCOMPLETE', reason: 'OVERDUE', missing: [] },
    ],
    [
      'received long ago, and extracted again just now',
      [
        eventRow({ stage: 'RECEIVED', ...startedAgo(DEADLINE_MS + 1) }),
        eventRow({ stage: 'EXTRACTING', declared: 1, ...startedAgo(0) }),
      ],
      { status: 'EXTRACTING', missing: [0] },
    ],
    [
      'being extracted for too long',
      [eventRow({ stage: 'EXTRACTING', declared: 2, ...startedAgo(DEADLINE_MS + 1) })],
      { status: 'INCOMPLETE', reason: 'OVERDUE', missing: [0, 1] },
    ],
    [
      'extracted and not stored whole in time',
      extractedOrder({ declared: 2, ...startedAgo(DEADLINE_MS + 1) }, [0, 1]),
      { status: 'INCOMPLETE', reason: 'OVERDUE', missing: [0, 1] },
    ],
    [
      'late, but failed',
      [eventRow({ stage: 'FAILED', reason: 'ARCHIVE_DAMAGED', ...startedAgo(DEADLINE_MS + 1) })],
      { status: 'FAILED', reason: 'ARCHIVE_DAMAGED' },
    ],
  ])('shows whether an order that is %s is overdue', async (_, facts, expected) => {
    await writeServiceSettings(db, { ORDER_DEADLINE_MS: DEADLINE_MS });
    await db.insert('order_events', facts);
    expect(await order()).toMatchObject(expected);
  });

  it('is never overdue for its details', { tags: 'whole' }, async () => {
    await writeServiceSettings(db, { ORDER_DEADLINE_MS: DEADLINE_MS });
    await db.insert('order_events', extractedOrder({ declared: 1, ...startedAgo(DEADLINE_MS + 1) }, [0, 0]));
    await db.insert('record_history', records([0], 'PENDING'));
    expect(await order()).toMatchObject({ status: 'DETAILS_PENDING', reason: null });
  });

  it('sets off the alarm: a metric by status, and one line of the log for each order that needs a person', {
    tags: 'whole',
  }, async () => {
    await writeServiceSettings(db, { ORDER_DEADLINE_MS: DEADLINE_MS });
    await db.insert('order_events', [
      eventRow({ orderNo: 'late', stage: 'RECEIVED', ...startedAgo(DEADLINE_MS + 1) }),
      eventRow({ orderNo: 'new', stage: 'RECEIVED', ...startedAgo(0) }),
    ]);
    const metrics = createMetrics({ service: 'sink', account: 'main' });
    const told: string[] = [];
    const log = { warn() {}, error: (_orders: object, line: string) => void told.push(line) };
    const health = createHealth({ parts: [] });
    const deps = { ...db, account: 'main', metrics, health, log: log as never, now: Date.now };
    await using _ = watchLedger(deps, { intervalMs: 20, stalledAfterMs: STALLED_AFTER_MS });
    const gauge = async () => (await scrape([metrics])).text.match(/^qcc_orders_incomplete.*[1-9]$/gm);
    await vi.waitFor(async () => expect(await gauge()).toHaveLength(2), PATIENCE);
    expect((await gauge())?.join()).toMatch(/status="RECEIVED".* 1,.*status="INCOMPLETE".* 1$/);

    await db.insert('order_events', [eventRow({ orderNo: 'new', stage: 'FAILED', reason: 'ARCHIVE_DAMAGED' })]);
    await vi.waitFor(() => expect(told).toHaveLength(2), PATIENCE);
    expect(told).toEqual([
      expect.stringContaining('late is INCOMPLETE (OVERDUE);'),
      expect.stringContaining('new is FAILED (ARCHIVE_DAMAGED);'),
    ]);
  });

  it('tells once how long an order took until it was complete, and which complete order is the newest', {
    tags: 'whole',
  }, async () => {
    const metrics = createMetrics({ service: 'sink', account: 'main' });
    const log = { warn: (line: string) => expect.fail(line), error() {} };
    const health = createHealth({ parts: [] });
    const complete = (orderNo: string, receivedAt: number, completedAt: number) => [
      eventRow({ orderNo, stage: 'RECEIVED', at: receivedAt }),
      ...extractedOrder({ orderNo, declared: 1, at: completedAt - 100 }, [0, 0]),
      eventRow({ orderNo, stage: 'STORED', positions: [{ first: 0, last: 0 }], at: completedAt }),
    ];
    const store = async (orderNo: string, receivedAt: number, completedAt: number) => {
      await db.insert('order_events', complete(orderNo, receivedAt, completedAt));
      await db.insert('record_history', [recordRow({ orderNo })]);
    };
    const before = Date.now();
    await store('before', before - 50_000, before - 40_000);
    // The watch counts orders that become complete after its own start.
    const startedAt = Date.now();
    const deps = { ...db, account: 'main', metrics, health, log: log as never, now: Date.now };
    await using _ = watchLedger(deps, { intervalMs: 20, stalledAfterMs: STALLED_AFTER_MS });
    const text = async (name: string) =>
      new RegExp(`^${name}\\{[^}]*\\} (.*)$`, 'm').exec((await scrape([metrics])).text)?.[1];
    const newest = 'qcc_last_complete_order_timestamp_seconds';
    await vi.waitFor(async () => expect(await text(newest)).toBe(String((before - 50_000) / 1_000)), PATIENCE);
    await store('after', startedAt - 7_000, startedAt + 1_000);
    await vi.waitFor(async () => expect(await text('qcc_order_seconds_count')).toBe('1'), PATIENCE);
    expect(Number(await text('qcc_order_seconds_sum'))).toBeCloseTo(8, 3);
    expect(await text(newest)).toBe(String((startedAt - 7_000) / 1_000));
    // Of the same order, and later, nothing more is told.
    await store('after', startedAt - 7_000, startedAt + 1_000);
    await store('next', startedAt - 3_000, startedAt + 2_000);
    await vi.waitFor(async () => expect(await text('qcc_order_seconds_count')).toBe('2'), PATIENCE);
    expect(Number(await text('qcc_order_seconds_sum'))).toBeCloseTo(13, 3);
  });

  it('counts a flood of invented orders, and names the order that QCC lists before them', {
    tags: 'whole',
  }, async () => {
    const invented = Array.from({ length: 3_000 }, (_, nth) =>
      eventRow({ orderNo: `INVENTED${nth}`, stage: 'FAILED', reason: 'ORDER_UNLISTED' }),
    );
    await db.insert('order_events', [
      ...invented,
      eventRow({ orderNo: 'REAL', stage: 'FAILED', reason: 'ARCHIVE_DAMAGED' }),
    ]);
    const listed = { day: 20_000, windowStart: T0, windowEnd: T0, orders: [{ orderNo: 'REAL', createDate: T0 }] };
    const check = toCoverageFact({ account: 'main', kind: 'CHECKED', at: T0, pushWindow: '09-11', ...listed });
    const place = { topic: 'coverage', partition: 0, offset: '0', timestamp: String(T0) };
    await db.insert('coverage_facts', [toCoverageRow(check, place)]);
    const metrics = createMetrics({ service: 'sink', account: 'main' });
    const told: [{ orders: number }, string][] = [];
    const log = { warn() {}, error: (...line: [{ orders: number }, string]) => void told.push(line) };
    const health = createHealth({ parts: [] });
    const deps = { ...db, account: 'main', metrics, health, log: log as never, now: Date.now };
    await using _ = watchLedger(deps, { intervalMs: 20, stalledAfterMs: STALLED_AFTER_MS });
    await vi.waitFor(() => expect(told).toHaveLength(1), PATIENCE);
    expect((await scrape([metrics])).text).toMatch(/^qcc_orders_incomplete\{.*status="FAILED".*\} 3001$/m);
    expect(told[0]?.[0].orders).toBe(1_000);
    expect(told[0]?.[1]).toMatch(/^orders need a person: REAL is FAILED \(ARCHIVE_DAMAGED\), INVENTED0 is/);
  });

  it('shows the greatest revision, whichever comes last', async () => {
    await db.insert('order_events', extractedOrder({ declared: 1, revision: 1, source: 'replay' }, [0, 0]));
    await db.insert('order_events', extractedOrder({ declared: 1 }, [0, 0]));
    await db.insert('record_history', [recordRow({ corpName: 'first' })]);
    expect(await order()).toMatchObject({ revision: 1, status: 'STORING' });
    await db.insert('record_history', [recordRow({ revision: 1, source: 'replay', corpName: 'replayed' })]);
    expect(await order()).toMatchObject({ revision: 1, status: 'COMPLETE' });
    expect(await current('corp_name')).toEqual([{ corp_name: 'replayed' }]);
  });

  it('still counts what was stored after rows are deleted', { tags: 'whole' }, async () => {
    await using own = await openSinkDatabase(url);
    await own.insert('order_events', extractedOrder({ declared: 1 }, [0, 0]));
    await own.insert('record_history', [recordRow({})]);
    await own.client.command({ query: `DELETE FROM ${own.database}.record_history WHERE id = 'r1'` });
    expect(await own.rows('SELECT status, stored FROM {{db}}.orders')).toEqual([{ status: 'COMPLETE', stored: 1 }]);
  });

  it.each<[string, Partial<OrderEvent>[], boolean]>([
    ['unconfirmed while only the callback vouches for it', [], true],
    ['unconfirmed although the list names it', [{ stage: 'RECEIVED', source: 'reconcile' }], true],
    ['confirmed once a signed fetch brought the same text', [{ stage: 'CONFIRMED', source: 'reconcile' }], false],
    ['confirmed once it is extracted from a signed link', [{ stage: 'EXTRACTED', unconfirmed: false }], false],
  ])('calls an order %s', async (_, later, unconfirmed) => {
    await db.insert('order_events', [
      eventRow({ stage: 'EXTRACTING', source: 'callback', unconfirmed: true }),
      ...later.map((event) => eventRow({ stage: 'RECEIVED', ...event })),
    ]);
    expect(await order()).toMatchObject({ unconfirmed });
  });
});

describe('dead letters', () => {
  const deadLetter = (offset: number, headers: Record<string, string>) =>
    toDeadLetterRow(
      {
        key: Buffer.from('DD1'),
        value: Buffer.from('null'),
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [`qcc.dlq.${name}`, value])),
      },
      { topic: 'dead-letters', partition: 1, offset: String(offset), timestamp: String(T0) },
    );
  const open = async () =>
    (await db.rows<{ id: string }>('SELECT id FROM {{db}}.dead_letters_open ORDER BY id')).map(({ id }) => id);

  it('are open until they are replayed, or their record is discarded', async () => {
    const record = { account: 'main', orderNo: 'DD1', revision: '0' };
    await db.insert('dead_letters', [
      deadLetter(0, {}),
      deadLetter(1, { account: 'main', orderNo: 'DD1' }),
      deadLetter(2, { ...record, position: '0' }),
      deadLetter(3, { ...record, position: '1' }),
    ]);
    expect(await open()).toEqual([0, 1, 2, 3].map((offset) => `dead-letters/1/${offset}`));
    const action = { deadLetterId: 'dead-letters/1/1', account: 'main', decidedBy: null, reason: null };
    await db.insert('dead_letter_actions', [
      toDeadLetterActionRow(
        { ...action, action: 'REPLAYED', at: T0, orderNo: 'DD1' },
        { topic: 'dead-letter-actions', partition: 0, offset: '0', timestamp: String(T0) },
      ),
    ]);
    const discard = {
      account: 'main',
      order_no: 'DD1',
      revision: 0,
      reason: '空',
      discarded_by: '张',
      discarded_at: T0,
    };
    await db.insert('order_discards', [{ ...discard, position: 1 }]);
    expect(await open()).toEqual(['dead-letters/1/0', 'dead-letters/1/2']);
  });

  it('of an order as a whole are open until the order is extracted after all', async () => {
    const failed = (offset: number, at: number) =>
      deadLetter(offset, {
        account: 'main',
        orderNo: 'DD1',
        stage: 'archive-extractor',
        time: new Date(at).toISOString(),
      });
    await db.insert('dead_letters', [failed(0, T0), failed(1, T0 + 2)]);
    expect(await open()).toHaveLength(2);
    await db.insert('order_events', [eventRow({ stage: 'EXTRACTED', at: T0 + 1 })]);
    expect(await open()).toEqual(['dead-letters/1/1']);
  });

  it('of an order are settled once a person closes it, those of later attempts too, and not those of a later revision', {
    tags: 'whole',
  }, async () => {
    const ofOrder = (offset: number, orderNo: string, more: Record<string, string> = {}) =>
      deadLetter(offset, { account: 'main', orderNo, stage: 'archive-extractor', ...more });
    await db.insert(
      'order_events',
      ['DD1', 'DD2'].map((orderNo) => eventRow({ orderNo, stage: 'FAILED' })),
    );
    await db.insert('dead_letters', [
      ofOrder(0, 'DD1'),
      ofOrder(1, 'DD1', { revision: '0', position: '3' }),
      ofOrder(2, 'DD2'),
      deadLetter(3, {}),
    ]);
    const closure = { account: 'main', orderNo: 'DD1', revision: 0, at: T0, decidedBy: '张', reason: '已核对' };
    const place = { topic: 'order-closures', partition: 0, offset: '0', timestamp: String(T0) };
    await db.insert('order_closures', [toOrderClosureRow(closure, place)]);
    const others = ['dead-letters/1/2', 'dead-letters/1/3'];
    expect(await open()).toEqual(others);
    await db.insert('dead_letters', [ofOrder(4, 'DD1')]);
    expect(await open()).toEqual(others);
    await db.insert('order_events', [eventRow({ orderNo: 'DD1', revision: 1, stage: 'EXTRACTING' })]);
    await db.insert('dead_letters', [ofOrder(5, 'DD1', { revision: '1', position: '3' })]);
    expect(await open()).toEqual(expect.arrayContaining([...others, 'dead-letters/1/5']));
  });
});

describe('a closure', () => {
  const closureRow = (at: number, decidedBy = '张') =>
    toOrderClosureRow(
      { account: 'main', orderNo: 'DD1', revision: 0, at, decidedBy, reason: '已核对' },
      { topic: 'order-closures', partition: 0, offset: String(at - T0), timestamp: String(at) },
    );
  const inForce = async () =>
    (await db.rows<{ closed_by: string }>('SELECT closed_by FROM {{db}}.order_closures_in_force')).map(
      ({ closed_by }) => closed_by,
    );

  it.each<[string, (Partial<OrderEvent> & Pick<OrderEvent, 'stage'>)[], boolean]>([
    ['stays in force while the order fails again', [{ stage: 'FAILED' }], true],
    ['stays in force while the order is tried again', [{ stage: 'EXTRACTING' }], true],
    ['ends when the order is extracted after all', [{ stage: 'EXTRACTING' }, { stage: 'EXTRACTED' }], false],
    ['ends when a record is rejected later', [{ stage: 'REJECTED', positions: [{ first: 7, last: 7 }] }], false],
    ['says nothing of a later revision', [{ stage: 'EXTRACTED', revision: 1 }], true],
  ])('%s', async (_, later, isInForce) => {
    await db.insert('order_events', [
      eventRow({ stage: 'EXTRACTED', at: T0 }),
      eventRow({ stage: 'REJECTED', at: T0, positions: [{ first: 3, last: 3 }] }),
    ]);
    await db.insert('order_closures', [closureRow(T0)]);
    expect(await inForce()).toEqual(['张']);
    await db.insert(
      'order_events',
      later.map((event) => eventRow({ ...event, at: T0 + 1 })),
    );
    expect(await inForce()).toEqual(isInForce ? ['张'] : []);
    await db.insert('order_closures', [closureRow(T0 + 1, '李')]);
    expect(await inForce()).toEqual(['李']);
  });

  it('does not hide the dead letters of records that were rejected after it', { tags: 'whole' }, async () => {
    const open = async () => (await db.rows('SELECT id FROM {{db}}.dead_letters_open')).length;
    await db.insert('order_closures', [closureRow(T0)]);
    const headers = { stage: 'archive-extractor', reason: 'RECORD_NOT_JSON', account: 'main', orderNo: 'DD1' };
    const deadLetter = {
      key: Buffer.from('DD1'),
      value: Buffer.from('null'),
      headers: Object.fromEntries(
        Object.entries({ ...headers, revision: '0', position: '3' }).map(([name, value]) => [
          `qcc.dlq.${name}`,
          Buffer.from(value),
        ]),
      ),
    };
    const place = { topic: 'dead-letters', partition: 0, offset: '0', timestamp: String(T0 + 1) };
    await db.insert('dead_letters', [toDeadLetterRow(deadLetter, place)]);
    expect(await open()).toBe(0);
    await db.insert('order_events', extractedOrder({ declared: 1, at: T0 + 1 }, undefined, [3]));
    expect(await open()).toBe(1);
    await db.insert('order_closures', [closureRow(T0 + 1)]);
    expect(await open()).toBe(0);
  });
});

it('shows the same whatever comes again, in whatever order and batches', { tags: 'whole' }, async () => {
  const deliveries = [
    ...['DD1', 'DD2'].flatMap((orderNo, day) => [
      ...extractedOrder({ orderNo, declared: 12, pushDate: T0 + day * DAY_MS }, [0, 9], [10, 11]).map((row) => ({
        table: 'order_events',
        row,
      })),
      ...Array.from({ length: 10 }, (_, position) => ({
        occurrence: { orderNo, position, id: `r${position % 7}`, pushDate: T0 + day * DAY_MS },
        late: position % 3 === 0,
      }))
        .flatMap(({ occurrence, late }) => [
          ...(late ? [recordRow({ ...occurrence, detailStatus: 'PENDING' })] : []),
          recordRow({
            ...occurrence,
            ...(late && { detailStatus: 'ENRICHED', detailsFetchedAt: T0, exceptions: [exception(occurrence.id)] }),
          }),
        ])
        .map((row) => ({ table: 'record_history', row })),
    ]),
  ];
  const deliver = async (batch: readonly (typeof deliveries)[number][]): Promise<void> => {
    for (const table of ['order_events', 'record_history']) {
      await db.insert(
        table,
        batch.filter((delivery) => delivery.table === table).map(({ row }) => row),
      );
    }
  };
  const seen = async () => {
    const views: Record<string, unknown[]> = {};
    for (const view of ['orders', 'records', 'exceptions', 'record_history FINAL', 'order_events FINAL']) {
      const except = /orders|exceptions/.test(view) ? '' : 'EXCEPT (ingested_at, ingested_day)';
      views[view] = await db.rows(`SELECT * ${except} FROM {{db}}.${view} ORDER BY ALL`);
    }
    return views;
  };
  await deliver(deliveries);
  const truth = await seen();
  expect(truth.orders).toMatchObject([
    { status: 'INCOMPLETE', stored: 10, pending_details: 0, missing: [10, 11] },
    { status: 'INCOMPLETE', stored: 10, pending_details: 0, missing: [10, 11] },
  ]);
  expect(truth.records?.length).toBe(7);

  const shuffled = fc.shuffledSubarray(deliveries, { minLength: deliveries.length });
  await fc.assert(
    fc.asyncProperty(shuffled, fc.integer({ min: 5, max: 40 }), fc.boolean(), async (again, batchSize, fromNothing) => {
      if (fromNothing) {
        for (const table of ['order_events', 'order_ledger', 'record_history', 'record_current']) {
          await db.client.command({ query: `TRUNCATE TABLE ${db.database}.${table}` });
        }
      }
      for (let start = 0; start < again.length; start += batchSize)
        await deliver(again.slice(start, start + batchSize));
      expect(await seen()).toEqual(truth);
    }),
    { numRuns: 4, seed: 20_261_124 },
  );
});
