import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { Order } from 'qcc-core/contract/domain';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { createQuietKafka } from '../harness/quiet-kafka.ts';
import { readTopic } from '../harness/read-topic.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { eventRow, extractedOrder } from './sink-database.ts';

/**
 * One order that is whole and one with three records that cannot be read, through the services, and what the operator's
 * tool says and does about them. The tests build on one another.
 */
const BROKEN = 3;

let pipeline: Pipeline;
let whole: string;
let broken: string;

const qcc = (...args: string[]) => runQcc(pipeline.env, args);
/** It only reads, so it can be run again where the busy machine leaves one of its questions open for five seconds. */
const audit = (...args: string[]) =>
  vi.waitFor(async () => {
    const result = await qcc('audit', ...args);
    expect(result.err).not.toContain('does not answer within');
    return result;
  }, PATIENCE);
const orderOf = async (orderNo: string) =>
  (
    await pipeline.query<{ revision: number; status: string; reason: string | null; missing: number[] }>(
      `SELECT revision, status, reason, missing FROM {{db}}.orders WHERE order_no = '${orderNo}'`,
    )
  )[0];
const untilOrder = (orderNo: string, expected: object) =>
  vi.waitFor(async () => expect(await orderOf(orderNo)).toMatchObject(expected), PATIENCE);
const openDeadLetters = async () =>
  (await pipeline.query<{ id: string }>('SELECT id FROM {{db}}.dead_letters_open ORDER BY id')).map(({ id }) => id);
const read = (topic: string) => readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}${topic}`);
const cellsOf = (table: string): string[][] =>
  table
    .split('\n')
    .filter((line) => line.startsWith('│ DDMON'))
    .map((line) =>
      line
        .split('│')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
/** As a reader sees them, a moment after they were committed. */
const replaysOf = async (orderNo: string): Promise<number> => {
  const codec = await connectCodec(readSettings({ ...pipeline.env, SCHEMAS: 'check' }, COMMON_SETTINGS));
  const orders: Order[] = await Promise.all((await read('orders')).map(({ value }) => codec.decode('orders', value!)));
  return orders.filter((order) => order.orderNo === orderNo && order.source === 'replay').length;
};

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'audit' },
    env: { DETAIL_RATE_PER_SECOND: '1000' },
  });
  whole = (await pipeline.simulator.createOrder({ records: 60, unknownField: true })).orderNo;
  broken = (await pipeline.simulator.createOrder({ records: 40, broken: BROKEN })).orderNo;
  await untilOrder(whole, { status: 'COMPLETE' });
  await untilOrder(broken, { status: 'INCOMPLETE', reason: 'RECORDS_REJECTED', revision: 0 });
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

test('archive, topics, ledger and table agree, a rejected record being accounted for', async () => {
  const { exitCode, out, err } = await audit();
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toBe(`Compared ${60 + 40 - BROKEN} occurrences in 2 orders and revisions.\nNo differences.`);
});

describe('if QCC provides no archive', () => {
  const elsewhere = () => ({ ...pipeline.env, QCC_BASE_URL: `${pipeline.simulator.baseUrl}/nowhere` });

  test('the kept original is compared, and a note says so', async () => {
    const { exitCode, out } = await runQcc(elsewhere(), ['audit', whole]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(new RegExp(`^Note: ${whole}: QCC gives no archive now, .*\nCompared 60 .*\nNo diff`));
  });

  test('and no original is kept, the audit fails until a person closes the order, although everything else agrees', {
    tags: 'whole',
  }, async () => {
    const empty = join(pipeline.folder, 'nothing-kept');
    await openFolderStore(empty).make();
    await using unknowing = await startLoopbackServer((_request, response) => {
      response.end(JSON.stringify({ status: '201', msg: '查询无结果' }));
    });
    const withoutOriginal = { ...elsewhere(), EVIDENCE_URL: pathToFileURL(empty).href };
    const nowhere = { ...withoutOriginal, QCC_BASE_URL: unknowing.url };
    const { exitCode, out, err } = await runQcc(nowhere, ['audit', whole]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      new RegExp(`^Note: ${whole}: archive not compared \\(ORDER_UNKNOWN: .*\nCompared 60 .*\nNo diff`),
    );
    expect(err).toMatch(new RegExp(`the archives of 1 orders could not be compared: ${whole}`));
    expect((await runQcc(nowhere, ['audit', whole, '--no-archive'])).exitCode).toBe(0);

    const close = ['order', 'close', whole, '--who', '张三', '--why', '原件已损坏'];
    expect((await qcc(...close)).err).toContain(`order ${whole} is COMPLETE, and its archive can be read`);
    expect((await runQcc(withoutOriginal, close)).err).toContain('its archive is not proven lost (LINK_UNAVAILABLE: ');
    const closed = await runQcc(nowhere, close);
    expect([closed.exitCode, closed.err]).toEqual([0, '']);
    expect(closed.out).toContain(`Closed by 张三: order ${whole}, revision 0, which is COMPLETE.`);
    await vi.waitFor(async () => {
      const after = await runQcc(nowhere, ['audit', whole]);
      expect([after.exitCode, after.err]).toEqual([0, '']);
      expect(after.out).toContain(`Note: ${whole} is COMPLETE, closed by 张三 on `);
      expect(after.out).toContain(`Note: ${whole}: archive not compared`);
    }, PATIENCE);
  });
});

test('dead letters are listed, and a dry run shows what a replay would do and does nothing', async () => {
  await vi.waitFor(async () => expect(await openDeadLetters()).toHaveLength(BROKEN), PATIENCE);
  const listed = await qcc('dead-letters', 'list', '--order', broken);
  for (const id of await openDeadLetters()) expect(listed.out).toContain(id);
  expect((await qcc('dead-letters', 'list', '--order', whole)).out).toBe('No open dead letters.');
  expect((await qcc('dead-letters', 'list', '--until', '2020-01-01')).out).toBe('No open dead letters.');

  const { exitCode, out } = await qcc('dead-letters', 'replay', '--since', '2020-01-01', '--dry-run');
  expect(exitCode).toBe(0);
  expect(out).toContain(`Would replay 1 orders and 0 messages, for ${BROKEN} dead letters:\n  order ${broken} (`);
  expect(await replaysOf(broken)).toBe(0);
});

test('dead letters of an order are replayed once, whoever asks how often', async () => {
  const ids = await openDeadLetters();
  const byId = ['dead-letters', 'replay', '--id', ...ids];
  // On a busy machine each of them may give up before it has replayed anything. Then a person asks again.
  await vi.waitFor(async () => {
    const asked = await Promise.all([qcc(...byId), qcc(...byId), qcc('dead-letters', 'replay', '--id', ids[0]!)]);
    expect(asked).toContainEqual(expect.objectContaining({ exitCode: 0 }));
  }, PATIENCE);
  await vi.waitFor(async () => expect(await replaysOf(broken)).toBe(1), PATIENCE);
  await untilOrder(broken, { revision: 1, status: 'INCOMPLETE', reason: 'RECORDS_REJECTED' });
  // The new revision has its own dead letters; those of the first are settled.
  await vi.waitFor(async () => expect(await openDeadLetters()).toHaveLength(BROKEN), PATIENCE);
  expect(await openDeadLetters()).not.toEqual(expect.arrayContaining(ids));
  expect(await qcc(...byId)).toMatchObject({ exitCode: 0, out: expect.stringContaining('No open dead letter') });
  expect(await replaysOf(broken)).toBe(1);
});

test('what a person discards completes the order, and only what was rejected can be discarded', async () => {
  const { missing } = (await orderOf(broken))!;
  const why = ['--order', broken, '--who', '张三', '--why', 'QCC 确认为空记录'];
  const good = Array.from({ length: 40 }, (_, position) => position).find((position) => !missing.includes(position))!;
  const refused = await qcc('dead-letters', 'discard', ...why, '--position', `${missing.join(',')},${good}`);
  expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining(`not 1: ${good}; nothing was discarded`) });
  expect(await orderOf(broken)).toMatchObject({ status: 'INCOMPLETE' });

  const { exitCode, out } = await qcc('dead-letters', 'discard', ...why, '--position', missing.join(','));
  expect(exitCode).toBe(0);
  expect(out).toContain('The order is COMPLETE.');
  expect(await openDeadLetters()).toEqual([]);
  expect(await audit()).toMatchObject({ exitCode: 0, out: expect.stringContaining('No differences.') });
});

test('a message that the sink could not read goes once more to its topic, marked as the dead letter it was', async () => {
  const kafka = createQuietKafka(inject('stack').KAFKA_BROKERS);
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({
    topic: `${pipeline.prefix}order-events`,
    messages: [{ key: 'k', value: 'no Avro', partition: 2 }],
  });
  await producer.disconnect();
  await vi.waitFor(async () => expect(await openDeadLetters()).toHaveLength(1), PATIENCE);
  const [id] = await openDeadLetters();
  const replay = () => qcc('dead-letters', 'replay', '--reason', 'MESSAGE_UNDECODABLE');
  expect(await replay()).toMatchObject({ exitCode: 0, out: 'Replayed 0 orders and 1 messages, for 1 dead letters.' });
  await vi.waitFor(async () => {
    const copies = (await read('order-events')).filter(({ value }) => value?.toString() === 'no Avro');
    expect(copies.map(({ headers }) => headers?.['qcc.replay-of']?.toString())).toEqual([undefined, id]);
  }, PATIENCE);
  // It is no better the second time: a new dead letter, which the old one's replay does not settle.
  await vi.waitFor(async () => {
    expect(await openDeadLetters()).toHaveLength(1);
    expect(await openDeadLetters()).not.toEqual([id]);
  }, PATIENCE);
});

test('an order that failed, or that holds less than it declares, is a difference though all places agree', async () => {
  const { orderNo: short } = await pipeline.simulator.createOrder({ records: 20, corrupt: 'total-size' });
  const { orderNo: damaged } = await pipeline.simulator.createOrder({ records: 20, corrupt: 'truncated' });
  await untilOrder(short, { status: 'INCOMPLETE', reason: 'COUNT_MISMATCH' });
  await untilOrder(damaged, { status: 'FAILED', reason: 'ARCHIVE_DAMAGED' });
  const whatOf = async (orderNo: string) => {
    const { exitCode, out } = await audit(orderNo);
    return { exitCode, rows: cellsOf(out) };
  };
  expect(await whatOf(short)).toEqual({
    exitCode: 1,
    rows: [[short, '0', 'INCOMPLETE (COUNT_MISMATCH): 23 declared, 20 parsed, 0 rejected', '3: 20–22']],
  });
  expect(await whatOf(damaged)).toEqual({
    exitCode: 1,
    rows: [[damaged, '0', 'FAILED (ARCHIVE_DAMAGED): none declared, 0 parsed, 0 rejected', '']],
  });
  expect((await audit()).err).toMatch(new RegExp(`2 orders .*: (?=.*${short}).*${damaged}`));
});

test('details that still settle are no difference, also of an order that is not whole', async () => {
  pipeline.simulator.faults.set({ processingShare: 1, processingAsks: 1_000_000 });
  const { orderNo } = await pipeline.simulator.createOrder({ records: 12, types: ['2'], withoutCheckId: 0, broken: 1 });
  await untilOrder(orderNo, { status: 'INCOMPLETE', reason: 'RECORDS_REJECTED' });
  // As where the topic was read a moment before the table, and the details came in between.
  await pipeline.clickhouse.command({
    query: `ALTER TABLE ${pipeline.database}.record_history UPDATE detail_reason = 'LATER' WHERE order_no = '${orderNo}'`,
    clickhouse_settings: { mutations_sync: '2' },
  });
  const { exitCode, out } = await audit(orderNo);
  expect([exitCode, out]).toEqual([0, 'Compared 11 occurrences in 1 orders and revisions.\nNo differences.']);
});

test('a row that was deleted, a field that was changed and a record that was doubled are found', async () => {
  await pipeline.services.stop();
  const [victim] = await pipeline.query<{ position: number }>(
    `SELECT position FROM {{db}}.record_history WHERE order_no = '${whole}' ORDER BY position LIMIT 1 OFFSET 7`,
  );
  const sync = { mutations_sync: '2', lightweight_deletes_sync: '2' };
  const alter = (query: string) => pipeline.clickhouse.command({ query, clickhouse_settings: sync });
  await alter(
    `DELETE FROM ${pipeline.database}.record_history WHERE order_no = '${whole}' AND position = ${victim!.position}`,
  );
  await alter(
    `ALTER TABLE ${pipeline.database}.record_history UPDATE corp_name = '改名公司', extra = map() WHERE order_no = '${whole}' AND position = 11`,
  );
  const [doubled] = await read('records');
  const codec = await connectCodec(readSettings({ ...pipeline.env, SCHEMAS: 'check' }, COMMON_SETTINGS));
  const record = await codec.decode('records', doubled!.value!);
  const producer = createQuietKafka(inject('stack').KAFKA_BROKERS).producer();
  await producer.connect();
  await producer.send({ topic: `${pipeline.prefix}records`, messages: [{ key: doubled!.key, value: doubled!.value }] });
  await producer.disconnect();

  const { exitCode, out, err } = await audit();
  expect(exitCode).toBe(1);
  const cells = cellsOf(out).filter(([, , what]) => !/^(FAILED|INCOMPLETE) /.test(what!));
  expect(cells.sort()).toEqual(
    [
      [whole, '0', 'missing in record_history, but present in enriched-records', `1: ${victim!.position}`],
      [whole, '0', 'record_history differs from enriched-records: corp_name, extra', '1: 11'],
      [record.orderNo, String(record.revision), 'more than once in records', `1: ${record.position}`],
    ].sort(),
  );
  expect(err).toContain(whole);
  expect((await audit(whole, '--no-archive')).exitCode).toBe(1);
});

describe('an order under way', { tags: 'whole' }, () => {
  const LONG_AGO_MS = 180_000;
  const insert = (values: object[]) =>
    pipeline.clickhouse.insert({ table: `${pipeline.database}.order_events`, values, format: 'JSONEachRow' });
  const ofAccount = (orderNo: string, at: number) => ({ account: pipeline.account, orderNo, at });
  const stored = (order: object, first: number, last: number) =>
    eventRow({ ...order, stage: 'STORED', positions: [{ first, last }] });
  const auditOrder = async (orderNo: string, ...options: string[]) => {
    const { exitCode, out } = await audit(orderNo, ...options);
    return { exitCode, out, cells: cellsOf(out).sort() };
  };

  test('is compared in all places if it made no progress for two minutes', async () => {
    const { orderNo } = await pipeline.simulator.createOrder({ records: 12 });
    await insert([eventRow({ ...ofAccount(orderNo, Date.now() - LONG_AGO_MS), stage: 'RECEIVED' })]);
    expect(await auditOrder(orderNo)).toMatchObject({
      exitCode: 1,
      cells: [
        [orderNo, '0', expect.stringMatching(/^RECEIVED \(no progress since .*: none declared, 0 parsed/), ''],
        [orderNo, '0', 'missing in records, but present in the archive', '12: 0–11'],
      ],
    });
  });

  test('is not compared while it makes progress, and is once it stops, though the sink repeats what it stored', async () => {
    const orderNo = 'DDMON-STORING';
    const at = Date.now();
    const order = { ...ofAccount(orderNo, at - LONG_AGO_MS), declared: 3 };
    await insert([...extractedOrder(order, [0, 2]), stored(order, 0, 0), stored({ ...order, at }, 0, 0)]);
    const { exitCode, cells } = await auditOrder(orderNo, '--no-archive');
    expect([exitCode, cells]).toEqual([
      1,
      [
        [
          orderNo,
          '0',
          `STORING (no progress since ${new Date(order.at).toISOString()}): 3 declared, 3 parsed, 0 rejected`,
          '3: 0–2',
        ],
        [orderNo, '0', 'missing in records, but present in the ledger', '3: 0–2'],
      ],
    ]);
    await insert([stored({ ...order, at: Date.now() }, 1, 1)]);
    expect(await auditOrder(orderNo, '--no-archive')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining(`Note: ${orderNo} is under way (STORING): not compared yet.`),
    });
  });
});
