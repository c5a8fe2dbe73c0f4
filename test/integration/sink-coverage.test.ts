import { toCoverageRow, toOrderClosureRow } from 'qcc-clickhouse/rows/fact-rows';
import { parseDay, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import type { CoverageFact, OrderEvent } from 'qcc-core/contract/domain';
import { toCoverageFact } from 'qcc-core/kafka/messages/coverage-fact';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { runQcc } from '../harness/run-qcc.ts';
import { eventRow, extractedOrder, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

const DAY = '2026-03-16';
const at = (time: string) => parseShanghaiDateTime(time.length === 8 ? `${DAY} ${time}` : time)!;

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
beforeEach(() => db.empty());
afterAll(() => db[Symbol.asyncDispose]());

let offset = 0;
function factRow(fact: Partial<CoverageFact> & Pick<CoverageFact, 'kind' | 'at'>) {
  offset += 1;
  return toCoverageRow(toCoverageFact({ account: 'main', ...fact }), {
    topic: 'coverage',
    partition: 0,
    offset: String(offset),
    timestamp: String(fact.at),
  });
}

/** A check of 09-11 or 11-13 of the day, the windows that are set. */
const checkRow = (first: 9 | 11, time: string, orderNos: readonly string[], fact: Partial<CoverageFact> = {}) =>
  factRow({
    kind: 'CHECKED',
    at: at(time),
    day: parseDay(DAY),
    pushWindow: first === 9 ? '09-11' : '11-13',
    windowStart: at(first === 9 ? '09:00:00' : '11:00:00'),
    windowEnd: at(first === 9 ? '11:00:00' : '13:00:00'),
    orders: orderNos.map((orderNo) => ({ orderNo, createDate: at('09:30:00') })),
    covered: true,
    closed: true,
    pushWindows: [9, 11],
    ...fact,
  });

const complete = async (orderNo: string, order: Pick<Partial<OrderEvent>, 'unconfirmed'> = {}) => {
  await db.insert('order_events', extractedOrder({ orderNo, declared: 1, pushDate: at('09:30:00'), ...order }, [0, 0]));
  await db.insert('record_history', [recordRow({ orderNo, pushDate: at('09:30:00') })]);
};
/** A person closes the first revision of an order. */
const close = (orderNo: string) => {
  const closedAt = at('2026-11-25 15:00:00');
  const closure = { account: 'main', orderNo, revision: 0, at: closedAt, decidedBy: '张三', reason: '已核对' };
  const place = { topic: 'order-closures', partition: 0, offset: '0', timestamp: String(closure.at) };
  return db.insert('order_closures', [toOrderClosureRow(closure, place)]);
};
const coverage = (columns = 'push_window, verdict', day = DAY) =>
  db.rows(`SELECT ${columns} FROM {{db}}.coverage WHERE day = '${day}' ORDER BY account, window_start, push_window`);
const certificate = () =>
  runQcc({ CLICKHOUSE_URL: inject('stack').CLICKHOUSE_URL, CLICKHOUSE_DATABASE: db.database }, [
    'certificate',
    '--day',
    DAY,
  ]);

describe('coverage', () => {
  it('of nothing is nothing', async () => {
    expect(await db.rows('SELECT * FROM {{db}}.coverage')).toEqual([]);
  });

  it('says of each window of a checked day what the last check found', async () => {
    await complete('DD1');
    await db.insert('coverage_facts', [
      checkRow(9, '10:00:00', [], { closed: false }),
      checkRow(9, '11:05:00', ['DD1']),
      checkRow(11, '13:05:00', []),
    ]);
    expect(
      await coverage(
        'push_window, window_start, toString(last_checked_at) AS checked, last_checked_day, orders_listed, orders_complete, complete, order_nos, verdict',
      ),
    ).toEqual([
      {
        push_window: '09-11',
        window_start: `${DAY} 09:00:00.000`,
        checked: `${DAY} 11:05:00.000`,
        last_checked_day: DAY,
        orders_listed: 1,
        orders_complete: 1,
        complete: true,
        order_nos: ['DD1'],
        verdict: 'COMPLETE',
      },
      {
        push_window: '11-13',
        window_start: `${DAY} 11:00:00.000`,
        checked: `${DAY} 13:05:00.000`,
        last_checked_day: DAY,
        orders_listed: 0,
        orders_complete: 0,
        complete: true,
        order_nos: [],
        verdict: 'NOTHING_LISTED',
      },
    ]);
  });

  it('an order that the list has without a number is a gap of its window, which is not complete, until somebody closes it', async () => {
    await complete('DD1');
    const gap = '..?3f0c9a1be27d';
    const open = [
      factRow({ kind: 'GAP', at: at('11:05:00'), gap, after: at('09:40:00'), before: at('09:40:00') }),
      checkRow(9, '11:05:00', ['DD1'], { closed: false }),
      checkRow(11, '13:05:00', []),
    ];
    await db.insert('coverage_facts', open);
    const columns = 'push_window, complete, verdict';
    expect(await coverage(columns)).toEqual([
      { push_window: 'other', complete: false, verdict: 'GAP' },
      { push_window: '09-11', complete: false, verdict: 'GAP' },
      { push_window: '11-13', complete: true, verdict: 'NOTHING_LISTED' },
    ]);
    const closed = { gap, reason: '企查查此后列出了该时段的全部订单号，自动结案', decidedBy: 'callback-gateway' };
    await db.insert('coverage_facts', [
      factRow({ kind: 'GAP_CLOSED', at: at('13:15:00'), ...closed }),
      checkRow(9, '13:15:00', ['DD1']),
    ]);
    expect((await coverage(columns))[0]).toEqual({ push_window: '09-11', complete: true, verdict: 'COMPLETE' });
    expect(await db.rows('SELECT gap, is_open, closed_by FROM {{db}}.coverage_gaps')).toEqual([
      { gap, is_open: false, closed_by: 'callback-gateway' },
    ]);
  });

  it('tells the view orders when QCC created each order, however often and late it was listed', async () => {
    for (const orderNo of ['DD1', 'DD2', 'DD3']) await complete(orderNo);
    const dated = (orderNo: string, createDate: string | null) => ({
      orderNo,
      createDate: createDate === null ? null : at(createDate),
    });
    await db.insert('coverage_facts', [
      checkRow(9, '10:00:00', [], { orders: [dated('DD1', '09:30:00'), dated('DD2', null)] }),
      checkRow(9, '10:10:00', [], { orders: [dated('DD1', '09:30:00'), dated('DD2', '23:59:59')] }),
      checkRow(9, '10:20:00', [], { account: 'other', orders: [dated('DD3', '09:30:00')] }),
    ]);
    const dates = 'SELECT order_no, toString(create_date) AS created, create_day FROM {{db}}.orders ORDER BY order_no';
    expect(await db.rows(dates)).toEqual([
      { order_no: 'DD1', created: `${DAY} 09:30:00.000`, create_day: DAY },
      { order_no: 'DD2', created: `${DAY} 23:59:59.000`, create_day: DAY },
      { order_no: 'DD3', created: null, create_day: null },
    ]);
  });

  it.each<[string, Partial<CoverageFact>]>([
    ['was checked before it ended only', { closed: false }],
    ['began before the list reaches back', { covered: false }],
  ])('a window that %s is not checked', async (_, fact) => {
    await db.insert('coverage_facts', [checkRow(9, '10:00:00', [], fact)]);
    expect(await coverage()).toMatchObject([{ verdict: 'NOT_CHECKED' }, { verdict: 'NOT_CHECKED' }]);
  });

  it('a window is not proven while the ledger lacks one of its orders', async () => {
    await complete('DD1');
    await db.insert('coverage_facts', [checkRow(9, '11:05:00', ['DD1', 'DD2'])]);
    const columns = 'orders_listed, orders_complete, complete, verdict';
    const open = { orders_listed: 2, orders_complete: 1, complete: false, verdict: 'NOT_CHECKED' };
    expect((await coverage(columns))[0]).toEqual(open);
    await complete('DD2');
    expect((await coverage(columns))[0]).toMatchObject({ orders_complete: 2, verdict: 'COMPLETE' });
  });

  it('an order that failed keeps its window open until a person closes it, and again once a later revision fails', async () => {
    await complete('DD1');
    await db.insert('coverage_facts', [checkRow(9, '11:05:00', ['DD1', 'DD2'])]);
    await db.insert('order_events', [eventRow({ orderNo: 'DD2', stage: 'FAILED', reason: 'ARCHIVE_DAMAGED' })]);
    expect((await coverage())[0]).toMatchObject({ verdict: 'NOT_CHECKED' });
    await close('DD2');
    expect((await coverage())[0]).toMatchObject({ verdict: 'COMPLETE' });
    await db.insert('order_events', [eventRow({ orderNo: 'DD2', revision: 1, stage: 'FAILED' })]);
    expect((await coverage())[0]).toMatchObject({ verdict: 'NOT_CHECKED' });
  });

  it('a day with an order from a callback’s link is not certified before a signed fetch brings the same text', async () => {
    await complete('DD1');
    await complete('DD2', { unconfirmed: true });
    await db.insert('coverage_facts', [checkRow(9, '11:05:00', ['DD1', 'DD2']), checkRow(11, '13:05:00', [])]);
    const columns = 'orders_complete, complete, verdict';
    expect((await coverage(columns))[0]).toEqual({ orders_complete: 1, complete: false, verdict: 'NOT_CHECKED' });
    const open = await certificate();
    expect(open.exitCode).toBe(1);
    expect(open.out).toContain('订单 order DD2: INCOMPLETE (UNCONFIRMED: ');
    await db.insert('order_events', [eventRow({ orderNo: 'DD2', stage: 'CONFIRMED', source: 'reconcile' })]);
    expect((await coverage(columns))[0]).toEqual({ orders_complete: 2, complete: true, verdict: 'COMPLETE' });
    expect(await certificate()).toMatchObject({ exitCode: 0, out: expect.stringContaining('the day is complete.') });
  });

  it('a person can close an order that QCC never confirms, and the certificate names the person', async () => {
    await complete('DD2', { unconfirmed: true });
    await db.insert('coverage_facts', [checkRow(9, '11:05:00', ['DD2']), checkRow(11, '13:05:00', [])]);
    await close('DD2');
    expect((await coverage())[0]).toMatchObject({ verdict: 'COMPLETE' });
    const closed = await certificate();
    expect(closed.exitCode).toBe(0);
    expect(closed.out).toContain('DD2: INCOMPLETE (UNCONFIRMED: ');
    expect(closed.out).toContain('结案 closed 2026-11-25 15:00:00, 张三: 已核对');
    expect(closed.out).toContain('the day is complete, apart from 1 orders that a person closed.');
    // The closure is about an archive that nobody vouches for, and ends once QCC does.
    const confirmed = {
      orderNo: 'DD2',
      stage: 'CONFIRMED',
      source: 'reconcile',
      at: at('2026-11-26 09:00:00'),
    } as const;
    await db.insert('order_events', [eventRow(confirmed)]);
    expect((await certificate()).out).toContain('Conclusion: the day is complete.');
  });

  it('days without a check are not checked, from the first known day up to now', { tags: 'whole' }, async () => {
    await db.insert('coverage_facts', [checkRow(9, '11:05:00', []), checkRow(11, '13:05:00', [])]);
    const [days] = await db.rows<{ days: number; last: string }>(
      "SELECT uniqExact(day) AS days, toString(max(day)) AS last FROM {{db}}.coverage WHERE verdict = 'NOT_CHECKED'",
    );
    const since = (Date.parse(`${days?.last}T00:00:00Z`) - Date.parse(`${DAY}T00:00:00Z`)) / 86_400_000;
    expect(days?.days).toBe(since);
    expect(since).toBeGreaterThan(200);
    expect(await coverage('push_window, verdict', '2026-03-17')).toEqual([
      { push_window: '09-11', verdict: 'NOT_CHECKED' },
      { push_window: '11-13', verdict: 'NOT_CHECKED' },
    ]);
  });

  it('of an account that was never checked begins with its first order', { tags: 'whole' }, async () => {
    await complete('DD1');
    expect((await coverage()).map(({ verdict }) => verdict)).toEqual(Array(6).fill('NOT_CHECKED'));
  });

  it('follows the setting of the windows from the day it changed', { tags: 'whole' }, async () => {
    await db.insert('coverage_facts', [
      checkRow(9, '11:05:00', []),
      factRow({
        kind: 'CHECKED',
        at: at('2026-03-18 15:05:00'),
        day: parseDay('2026-03-18'),
        pushWindow: '13-15',
        windowStart: at('2026-03-18 13:00:00'),
        windowEnd: at('2026-03-18 15:00:00'),
        covered: true,
        closed: true,
        pushWindows: [13],
      }),
    ]);
    const windows = async (day: string) => (await coverage('push_window', day)).map(({ push_window }) => push_window);
    expect(await windows('2026-03-17')).toEqual(['09-11', '11-13']);
    expect(await windows('2026-03-18')).toEqual(['13-15']);
    expect(await windows('2026-03-19')).toEqual(['13-15']);
  });

  it('keeps accounts apart', async () => {
    await db.insert('coverage_facts', [checkRow(9, '11:05:00', []), checkRow(9, '11:06:00', [], { account: 'other' })]);
    expect(await coverage('account, toString(last_checked_at) AS checked')).toMatchObject([
      { account: 'main', checked: `${DAY} 11:05:00.000` },
      { account: 'main', checked: null },
      { account: 'other', checked: `${DAY} 11:06:00.000` },
      { account: 'other', checked: null },
    ]);
  });
});

describe('a gap', () => {
  const gap = (after: string, before: string) =>
    factRow({ kind: 'GAP', at: at('13:05:00'), gap: 'A..B', after: at(after), before: at(before) });
  const closed = factRow({
    kind: 'GAP_CLOSED',
    at: at('2026-03-17 09:00:00'),
    gap: 'A..B',
    reason: '已与企查查核对',
    decidedBy: '张三',
  });
  const checks = [checkRow(9, '11:05:00', []), checkRow(11, '13:05:00', [])];

  it('stands on the windows it touches until a person closes it', async () => {
    await db.insert('coverage_facts', [...checks, gap('11:05:00', '12:00:00')]);
    expect(await coverage()).toEqual([
      { push_window: 'other', verdict: 'GAP' },
      { push_window: '09-11', verdict: 'NOTHING_LISTED' },
      { push_window: '11-13', verdict: 'GAP' },
    ]);
    expect(await db.rows('SELECT gap, is_open, after_day, closed_by FROM {{db}}.coverage_gaps')).toEqual([
      { gap: 'A..B', is_open: true, after_day: DAY, closed_by: null },
    ]);
    await db.insert('coverage_facts', [closed]);
    expect(await coverage()).toEqual([
      { push_window: '09-11', verdict: 'NOTHING_LISTED' },
      { push_window: '11-13', verdict: 'NOTHING_LISTED' },
    ]);
    expect(await db.rows('SELECT is_open, closed_by, reason, closed_day FROM {{db}}.coverage_gaps')).toEqual([
      { is_open: false, closed_by: '张三', reason: '已与企查查核对', closed_day: '2026-03-17' },
    ]);
  });

  it('outside every window shows on its days', { tags: 'whole' }, async () => {
    await db.insert('coverage_facts', [...checks, gap('21:05:00', '2026-03-17 08:00:00')]);
    expect(await coverage()).toMatchObject([{ push_window: 'other', verdict: 'GAP' }, {}, {}]);
    expect((await coverage('push_window, verdict', '2026-03-17'))[0]).toEqual({ push_window: 'other', verdict: 'GAP' });
  });

  it('found by two and closed twice is one', { tags: 'whole' }, async () => {
    const facts = [...checks, gap('11:05:00', '12:00:00'), gap('11:05:00', '12:00:00')];
    await db.insert('coverage_facts', [...facts, ...facts]);
    expect(await db.rows('SELECT gap FROM {{db}}.coverage_gaps')).toHaveLength(1);
    expect(await coverage()).toHaveLength(3);
    await db.insert('coverage_facts', [closed, closed]);
    expect(await db.rows('SELECT is_open FROM {{db}}.coverage_gaps')).toEqual([{ is_open: false }]);
  });
});
