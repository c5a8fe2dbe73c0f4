// @module-tag whole
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { type OrderFact, orderEvent } from 'qcc-core/kafka/messages/order-event';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { produce } from './topic-reader.ts';

/** Trouble of every kind that an operator may meet, through the services, and its end. The tests build on one another. */
let pipeline: Pipeline;
let damaged: string;
let short: string;
const MISTYPED = 'DDMON-NOSUCH';
const BY = ['--who', '张三', '--why', '已向企查查核实'];

const qcc = (...args: string[]) => runQcc(pipeline.env, args);
const statusOf = async (orderNo: string) =>
  (await pipeline.query<{ status: string }>(`SELECT status FROM {{db}}.orders WHERE order_no = '${orderNo}'`))[0]
    ?.status;
const openDeadLetters = () =>
  pipeline.query<{ id: string; order_no: string | null }>(
    'SELECT id, order_no FROM {{db}}.dead_letters_open ORDER BY id',
  );
const alerts = async () => {
  const page = await (await fetch(`http://127.0.0.1:${pipeline.adminPorts.sink}/metrics`)).text();
  const value = (status: string) =>
    Number(new RegExp(`^qcc_orders_incomplete\\{.*status="${status}".*\\} (\\d+)$`, 'm').exec(page)?.[1]);
  return { FAILED: value('FAILED'), INCOMPLETE: value('INCOMPLETE') };
};
const read = (topic: string) => readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}${topic}`);

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'close-trouble' },
    env: { DETAIL_RATE_PER_SECOND: '1000' },
  });
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

test('a mistyped order number is not replayed without --force', async () => {
  const { exitCode, err } = await qcc('replay', MISTYPED);
  expect([exitCode, err]).toEqual([
    1,
    expect.stringContaining(`neither the ledger nor QCC knows an order ${MISTYPED}`),
  ]);
  expect(await read('orders')).toEqual([]);
  expect(await qcc('replay', MISTYPED, '--force')).toMatchObject({ exitCode: 0, err: '' });
  await vi.waitFor(async () => expect(await statusOf(MISTYPED)).toBe('FAILED'), PATIENCE);
  // Known to the ledger now.
  expect((await qcc('replay', MISTYPED)).exitCode).toBe(0);
});

test('orders that failed or are not whole, and a message that nobody can read, are trouble', async () => {
  damaged = (await pipeline.simulator.createOrder({ records: 20, corrupt: 'truncated' })).orderNo;
  short = (await pipeline.simulator.createOrder({ records: 20, corrupt: 'total-size' })).orderNo;
  const settings = readSettings(pipeline.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await produce(kafka, pipeline.prefix, [{ topic: TOPICS.orderEvents, key: 'k', value: Buffer.from('no Avro') }]);
  await vi.waitFor(async () => {
    expect([await statusOf(damaged), await statusOf(short)]).toEqual(['FAILED', 'INCOMPLETE']);
    expect((await openDeadLetters()).map(({ order_no }) => order_no)).toEqual(
      expect.arrayContaining([MISTYPED, damaged, null]),
    );
    expect(await alerts()).toEqual({ FAILED: 2, INCOMPLETE: 1 });
  }, PATIENCE);
  const ledger = await qcc('ledger');
  expect(ledger.exitCode).toBe(1);
  expect(ledger.err).toContain('npx qcc order close');
  expect((await qcc('audit')).exitCode).toBe(1);
});

test('an order that QCC does not have is replayed only if a person names it', async () => {
  const orders = async () => (await read('orders')).filter(({ key }) => key?.toString() === MISTYPED).length;
  const before = await orders();
  expect(await qcc('dead-letters', 'replay', '--reason', 'ORDER_UNKNOWN')).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^Left out: \d dead letters of 1 orders that QCC did not have/),
  });
  expect(await orders()).toBe(before);
  expect((await qcc('dead-letters', 'replay', '--order', MISTYPED)).out).toContain('Replayed 1 orders');
  expect(await orders()).toBe(before + 1);
});

test('a dead letter without an order is discarded by its id, once', async () => {
  const id = (await openDeadLetters()).find(({ order_no }) => order_no === null)!.id;
  const discard = () => qcc('dead-letters', 'discard', '--id', id, ...BY);
  const both = await Promise.all([discard(), discard()]);
  expect(both.map(({ out }) => out)).toContain(`Discarded by 张三: ${id}`);
  await vi.waitFor(
    async () => expect((await openDeadLetters()).map((deadLetter) => deadLetter.id)).not.toContain(id),
    PATIENCE,
  );
  expect(await discard()).toMatchObject({
    exitCode: 0,
    out: `Replayed or discarded before, so left as it is: ${id}`,
  });
  const notes = (await read('dead-letter-actions')).filter(({ key }) => key?.toString() === id);
  expect(notes).toHaveLength(1);
  const [row] = await pipeline.query(
    `SELECT action, decided_by, reason FROM {{db}}.dead_letter_actions WHERE dead_letter_id = '${id}'`,
  );
  expect(row).toEqual({ action: 'DISCARDED', decided_by: '张三', reason: '已向企查查核实' });
  expect((await qcc('dead-letters', 'replay', '--id', id)).out).toContain('No open dead letter');
  expect(await qcc('dead-letters', 'discard', '--id', 'nowhere/0/0', ...BY)).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('no dead letter of account test has the id nowhere/0/0'),
  });
});

test('a message that was too large for its dead letter is replayed as it stands on its topic', async () => {
  const settings = readSettings(pipeline.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const value = Buffer.alloc(300_000, 'no Avro ');
  await produce(kafka, pipeline.prefix, [{ topic: TOPICS.orderEvents, key: 'large', value }]);
  const deadLetter = async () => (await openDeadLetters()).find(({ order_no }) => order_no === null)?.id;
  await vi.waitFor(async () => expect(await deadLetter()).toBeDefined(), PATIENCE);
  const id = (await deadLetter())!;
  expect(await qcc('dead-letters', 'replay', '--id', id)).toMatchObject({ exitCode: 0, err: '' });
  const copies = (await read('order-events')).filter((message) => message.value?.equals(value));
  expect(copies.map(({ headers }) => headers?.['qcc.replay-of']?.toString())).toEqual([undefined, id]);
  // It is no better the second time.
  await vi.waitFor(async () => expect([undefined, id]).not.toContain(await deadLetter()), PATIENCE);
  expect((await qcc('dead-letters', 'discard', '--id', (await deadLetter())!, ...BY)).exitCode).toBe(0);
});

test('only an order that is not whole can be closed, and the first person who closes it stays', async () => {
  const { orderNo: whole } = await pipeline.simulator.createOrder({ records: 5 });
  await vi.waitFor(async () => expect(await statusOf(whole)).toBe('COMPLETE'), PATIENCE);
  expect(await qcc('order', 'close', whole, ...BY)).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/COMPLETE/),
  });
  expect((await qcc('order', 'close', 'DDMON-UNKNOWN', ...BY)).err).toContain('the ledger has no order DDMON-UNKNOWN');

  const by = (who: string) => qcc('order', 'close', damaged, '--who', who, '--why', 'why');
  const outs = (await Promise.all([by('甲'), by('乙')])).map(({ out, err }) => out || err);
  expect(outs.filter((out) => out.startsWith('Closed by')).length).toBeLessThanOrEqual(1);
  for (const out of outs) expect(out).toMatch(/^(Closed by|Closed before|qcc: another `npx qcc` command)/);
  const settings = readSettings({ ...pipeline.env, SCHEMAS: 'check' }, COMMON_SETTINGS);
  const codec = await connectCodec(settings);
  const closures = await Promise.all(
    (await read('order-closures')).map(({ value }) => codec.decode('order-closures', value!)),
  );
  const first = closures[0]!.decidedBy;
  expect(closures.every(({ decidedBy }) => decidedBy === first)).toBe(true);
  expect((await by('丙')).out).toContain(`${first} closed it on `);
});

test('once all is closed, ledger and audit are content, no dead letter is open and no alert stays', async () => {
  for (const orderNo of [short, MISTYPED]) {
    expect(await qcc('order', 'close', orderNo, ...BY)).toMatchObject({ exitCode: 0, err: '' });
  }
  await vi.waitFor(async () => {
    expect(await openDeadLetters()).toEqual([]);
    expect(await alerts()).toEqual({ FAILED: 0, INCOMPLETE: 0 });
  }, PATIENCE);
  const ledger = await qcc('ledger');
  expect([ledger.exitCode, ledger.err]).toEqual([0, '']);
  for (const orderNo of [damaged, short, MISTYPED]) expect(ledger.out).toContain(`${orderNo} is closed by `);
  const audit = await qcc('audit');
  expect([audit.exitCode, audit.err]).toEqual([0, '']);
  expect(audit.out).toContain(`Note: ${short} is INCOMPLETE (COUNT_MISMATCH), closed by 张三 on `);
  // What happened to the data is not rewritten.
  expect(await statusOf(damaged)).toBe('FAILED');
});

test('an order that fails again stays closed, and one that comes right is complete', async () => {
  const failures = async () =>
    (await pipeline.query(`SELECT 1 FROM {{db}}.order_events WHERE order_no = '${damaged}' AND stage = 'FAILED'`))
      .length;
  const before = await failures();
  expect((await qcc('replay', damaged)).exitCode).toBe(0);
  await vi.waitFor(async () => expect(await failures()).toBeGreaterThan(before), PATIENCE);
  await vi.waitFor(async () => expect(await openDeadLetters()).toEqual([]), PATIENCE);
  expect((await qcc('ledger')).exitCode).toBe(0);
});

test('an order that is extracted after it was closed needs a person again, who closes what came of it', async () => {
  const settings = readSettings({ ...pipeline.env, SCHEMAS: 'check' }, COMMON_SETTINGS);
  const codec = await connectCodec(settings);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const fact = { account: pipeline.account, orderNo: 'DDMON-LATE', revision: 0, declared: 2 };
  const state = async (...facts: Pick<OrderFact, 'stage' | 'at' | 'positions' | 'reason'>[]) => {
    await produce(
      kafka,
      pipeline.prefix,
      facts.map((each) => orderEvent(codec, { ...fact, ...each })),
    );
  };
  await state({ stage: 'FAILED', at: Date.now(), reason: 'ARCHIVE_DAMAGED' });
  await vi.waitFor(async () => expect(await statusOf('DDMON-LATE')).toBe('FAILED'), PATIENCE);
  const by = (who: string) => qcc('order', 'close', 'DDMON-LATE', '--who', who, '--why', '已核对');
  expect((await by('甲')).out).toContain('Closed by 甲');
  await vi.waitFor(async () => expect((await qcc('ledger', 'DDMON-LATE')).exitCode).toBe(0), PATIENCE);

  const at = Date.now() + 1;
  await state({ stage: 'EXTRACTING', at }, { stage: 'REJECTED', at, positions: [0, 1] }, { stage: 'EXTRACTED', at });
  await vi.waitFor(async () => expect(await statusOf('DDMON-LATE')).toBe('INCOMPLETE'), PATIENCE);
  expect((await qcc('ledger', 'DDMON-LATE')).err).toContain('DDMON-LATE is INCOMPLETE (RECORDS_REJECTED)');
  await vi.waitFor(async () => expect(await alerts()).toMatchObject({ INCOMPLETE: 1 }), PATIENCE);
  expect((await by('乙')).out).toContain('Closed by 乙');
  expect((await by('丙')).out).toContain('乙 closed it on ');
  await vi.waitFor(
    async () =>
      expect(await qcc('ledger', 'DDMON-LATE')).toMatchObject({
        exitCode: 0,
        out: expect.stringContaining('DDMON-LATE is closed by 乙'),
      }),
    PATIENCE,
  );
});

test('an order that QCC never confirms needs a person, who closes it by its number', async () => {
  const settings = readSettings({ ...pipeline.env, SCHEMAS: 'check' }, COMMON_SETTINGS);
  const codec = await connectCodec(settings);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const orderNo = 'DDMON-UNCONFIRMED';
  const fact = { account: pipeline.account, orderNo, revision: 0, declared: 0, unconfirmed: true, at: Date.now() };
  const facts = (['EXTRACTING', 'EXTRACTED'] as const).map((stage) => orderEvent(codec, { ...fact, stage }));
  await produce(kafka, pipeline.prefix, facts);
  await vi.waitFor(async () => expect(await statusOf(orderNo)).toBe('INCOMPLETE'), PATIENCE);
  expect((await qcc('ledger', orderNo)).err).toContain(`${orderNo} is INCOMPLETE (UNCONFIRMED)`);
  expect((await qcc('order', 'close', orderNo, ...BY)).out).toContain(
    `Closed by 张三: order ${orderNo}, revision 0, which is INCOMPLETE (UNCONFIRMED).`,
  );
  await vi.waitFor(
    async () =>
      expect(await qcc('ledger', orderNo)).toMatchObject({
        exitCode: 0,
        out: expect.stringContaining(`${orderNo} is closed by 张三`),
      }),
    PATIENCE,
  );
});

test('orders that only callbacks name are closed together, and never hide one that QCC lists', async () => {
  const settings = readSettings({ ...pipeline.env, SCHEMAS: 'check' }, COMMON_SETTINGS);
  const codec = await connectCodec(settings);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const { orderNo: listed } = await pipeline.simulator.createOrder({ records: 5, corrupt: 'truncated' });
  const invented = Array.from({ length: 60 }, (_, nth) => `INVENTED${nth}`);
  const failed = { account: pipeline.account, revision: 0, stage: 'FAILED', reason: 'ORDER_UNLISTED' } as const;
  const facts = invented.flatMap((orderNo) => [
    orderEvent(codec, { ...failed, orderNo, at: Date.now(), stage: 'RECEIVED', reason: null }),
    orderEvent(codec, { ...failed, orderNo, at: Date.now() }),
  ]);
  await produce(kafka, pipeline.prefix, facts);
  await vi.waitFor(async () => {
    const [seen] = await pipeline.query<{ bad: number; checked: number }>(
      `SELECT (SELECT count() FROM {{db}}.orders WHERE reason = 'ORDER_UNLISTED') AS bad,
         (SELECT count() FROM {{db}}.coverage_facts WHERE has(orders.order_no, '${listed}')) AS checked`,
    );
    expect([seen?.bad, Math.min(1, seen?.checked ?? 0), await statusOf(listed)]).toEqual([60, 1, 'FAILED']);
  }, PATIENCE);
  expect((await qcc('ledger', '--last', '1')).err).toContain(`${listed} is FAILED`);

  const close = ['order', 'close', '--reason', 'ORDER_UNLISTED', ...BY];
  expect(await qcc(...close)).toMatchObject({ exitCode: 1, err: expect.stringContaining('add --yes to skip') });
  expect((await qcc(...close, '--before', '2020-01-01')).err).toContain('nothing was closed');
  const closed = await runQcc(pipeline.env, close, 'yes');
  expect(closed).toMatchObject({ exitCode: 0, err: '' });
  expect(closed.out).toContain('Closed by 张三: 60 orders.');
  const [{ reason } = { reason: '' }] = await pipeline.query<{ reason: string }>(
    `SELECT reason FROM {{db}}.orders WHERE order_no = '${listed}'`,
  );
  expect(await qcc('order', 'close', '--reason', reason, '--yes', ...BY)).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining('Left out: 1 orders that QCC lists.'),
  });
  await vi.waitFor(async () => {
    const { err } = await qcc('ledger');
    expect(err).toContain(`1 of these orders need a person: ${listed} is FAILED`);
  }, PATIENCE);
});
