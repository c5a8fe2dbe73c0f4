import { COMPATIBILITY, SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import avsc, { type Schema } from 'avsc';
import { runCli } from 'qcc-cli/run-cli';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { loadSchema } from 'qcc-core/avro/schemas';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { changeRecord } from 'qcc-core/testing/change-record';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { connect, freshName } from './sink-database.ts';
import { produce } from './topic-reader.ts';

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'odd-details' },
    env: { DETAIL_CACHE_ENTRIES: '0', DETAIL_RATE_PER_SECOND: '1000' },
  });
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

type Row = Record<string, unknown>;

/** An order, once all of it is stored with its details. */
async function store(records: number, types: string[]): Promise<string> {
  const { orderNo } = await pipeline.simulator.createOrder({ records, types, withoutCheckId: 0 });
  await vi.waitFor(async () => {
    const [order] = await pipeline.query(`SELECT status FROM {{db}}.orders WHERE order_no = '${orderNo}'`);
    expect(order).toEqual({ status: 'COMPLETE' });
  }, PATIENCE);
  return orderNo;
}
const recordsOf = (orderNo: string, columns: string) =>
  pipeline.query<Row>(`SELECT ${columns} FROM {{db}}.records WHERE order_no = '${orderNo}'`);
const rowsOf = (orderNo: string, view: string, columns: string) =>
  pipeline.query<Row>(
    `SELECT ${columns} FROM {{db}}.${view} WHERE order_no = '${orderNo}' ORDER BY record_id, detail_no`,
  );

const OF_TYPE = {
  2: { endpoint: 'getExceptions', view: 'exceptions' },
  10: { endpoint: 'getSeriousViolation', view: 'serious_violations' },
  11: { endpoint: 'getShiXinList', view: 'dishonest_debtors' },
} as const;
const COMPLETENESS =
  'detail_status, details_total, details_complete, details_incomplete_reason, details_odd_rows, details_truncated';
const complete = (total: number) => ({
  detail_status: total === 0 ? 'NO_RESULT' : 'ENRICHED',
  details_total: total,
  details_complete: true,
  details_incomplete_reason: null,
  details_odd_rows: 0,
  details_truncated: false,
});

const answer = (resultList: unknown, rest: object = {}) => JSON.stringify({ status: '200', resultList, ...rest });

type Case = { what: string; type: keyof typeof OF_TYPE; body: string; record: Row; columns: string; rows: Row[] };
const CASES: Case[] = [
  {
    what: 'dates of exceptions in forms that the document does not have',
    type: 2,
    body: answer([
      { addDate: '2020年9月14日', removeDate: 1_600_050_259_000 },
      { addDate: '2020-09-14T02:24:19Z', removeDate: '不详' },
      { addDate: '1600050259', removeDate: 0 },
    ]),
    record: complete(3),
    columns: 'add_date, add_day, add_date_raw, remove_date, remove_date_raw, extra',
    rows: [
      {
        add_date: '2020-09-14 00:00:00.000',
        add_day: '2020-09-14',
        add_date_raw: '2020年9月14日',
        remove_date: '2020-09-14 10:24:19.000',
        remove_date_raw: '1600050259000',
        extra: null,
      },
      {
        add_date: '2020-09-14 10:24:19.000',
        add_day: '2020-09-14',
        add_date_raw: '2020-09-14T02:24:19Z',
        remove_date: null,
        remove_date_raw: '不详',
        extra: null,
      },
      {
        add_date: '2020-09-14 10:24:19.000',
        add_day: '2020-09-14',
        add_date_raw: '1600050259',
        remove_date: null,
        remove_date_raw: null,
        extra: null,
      },
    ],
  },
  {
    what: 'unknown fields of a serious violation, and a value that does not fit',
    type: 10,
    body: answer([{ addDate: '2020/09/14', 承办人: '张三', addOffice: { name: '某局' }, level: [1] }]),
    record: complete(1),
    columns: 'add_date, add_date_raw, add_office, extra',
    rows: [
      {
        add_date: '2020-09-14',
        add_date_raw: '2020/09/14',
        add_office: null,
        extra: '{"承办人":"张三","addOffice":{"name":"某局"},"level":[1]}',
      },
    ],
  },
  {
    what: 'debtors without an id, and brackets of all kinds',
    type: 11,
    body: answer(
      [
        { anno: '没有主键' },
        { id: 'd1', anno: '〔2020〕鲁 0902 执 1 号', executeNo: '[2018]鲁0902民初【1】号', amount: '约15万元' },
        null,
        { id: 'd2', lianDate: '1600050259123', amount: 12.5 },
      ],
      { paging: { totalRecords: 4 } },
    ),
    record: { ...complete(4), details_complete: false, details_incomplete_reason: 'ODD_ROWS', details_odd_rows: 2 },
    columns:
      'id, anno_normalized, execute_no, execute_no_normalized, lian_date, lian_date_raw, toString(amount) AS money, amount_raw',
    rows: [
      {
        id: 'd1',
        anno_normalized: '（2020）鲁0902执1号',
        execute_no: '[2018]鲁0902民初【1】号',
        execute_no_normalized: '（2018）鲁0902民初（1）号',
        lian_date: null,
        lian_date_raw: null,
        money: null,
        amount_raw: '约15万元',
      },
      {
        id: 'd2',
        anno_normalized: null,
        execute_no: null,
        execute_no_normalized: null,
        lian_date: '2020-09-14',
        lian_date_raw: '1600050259123',
        money: '12.5',
        amount_raw: '12.5',
      },
    ],
  },
  {
    what: 'a page that repeats: each debtor is there once',
    type: 11,
    body: answer([{ id: 'a' }, { id: 'b' }], { totalRecords: '7' }),
    record: { ...complete(7), details_complete: false, details_incomplete_reason: 'REPEATED_PAGE' },
    columns: 'id',
    rows: [{ id: 'a' }, { id: 'b' }],
  },
  {
    what: 'a total above the rows of a list that comes whole',
    type: 2,
    body: answer([{ addReason: '一' }], { totalRecords: 3 }),
    record: { ...complete(3), details_complete: false, details_incomplete_reason: 'INCOMPLETE_TOTAL' },
    columns: 'add_reason',
    rows: [{ add_reason: '一' }],
  },
  { what: '200 with an empty list', type: 2, body: answer([]), record: complete(0), columns: 'add_reason', rows: [] },
  { what: '200 with null', type: 11, body: answer(null), record: complete(0), columns: 'id', rows: [] },
];

test.each(CASES)('in ClickHouse: $what', async ({ type, body, record, columns, rows }) => {
  const { endpoint, view } = OF_TYPE[type];
  pipeline.simulator.faults.set({ bodies: { [endpoint]: body } });
  const orderNo = await store(1, [String(type)]);
  expect(await recordsOf(orderNo, COMPLETENESS)).toEqual([record]);
  expect(await rowsOf(orderNo, view, columns)).toEqual(rows);
  const [masked] = await pipeline.query(`SELECT ${COMPLETENESS.replace(', details_truncated', '')}
    FROM {{db}}.records_masked WHERE order_no = '${orderNo}'`);
  expect(record).toMatchObject(masked as Row);
  const shown = await pipeline.query(`SELECT * FROM {{db}}.${view}_masked WHERE order_no = '${orderNo}'`);
  expect(shown).toHaveLength(rows.length);
  expect(JSON.stringify(shown)).not.toMatch(/张三|不详|年9月|_raw|"extra"/);
});

test('the oddities of the simulator: each list has its rows and says what it lacks, also by a replay from kept responses', async () => {
  const { simulator } = pipeline;
  const oddDetails = {
    dates: 0.5,
    unknownFields: 0.5,
    withoutId: 0.3,
    total: 0.3,
    repeatedPage: 0.3,
    emptyList: 1,
    brackets: 0.5,
    amounts: 0.3,
    twice: 0.5,
  };
  simulator.faults.set({ bodies: {}, oddDetails });
  const orderNo = await store(150, ['2', '10', '11', '11', '11']);

  const seen = await pipeline.query<{ status: string; reason: string | null; lists: number; lost: number }>(
    `SELECT detail_status AS status, details_incomplete_reason AS reason, count() AS lists,
       sum(details_total - details_odd_rows - length(exceptions) - length(serious_violations) - length(dishonest_debtors)) AS lost
     FROM {{db}}.records WHERE order_no = '${orderNo}' GROUP BY status, reason ORDER BY status, reason`,
  );
  const truths = [...simulator.truth(orderNo).occurrences];
  const empty = truths.filter(({ details }) => details!.rows.length === 0).length;
  expect(empty).toBeGreaterThan(0);
  expect(seen.map(({ status, reason }) => `${status} ${reason}`)).toEqual([
    'ENRICHED INCOMPLETE_TOTAL',
    'ENRICHED ODD_ROWS',
    'ENRICHED REPEATED_PAGE',
    'ENRICHED null',
    'NO_RESULT null',
  ]);
  for (const { status, reason, lists, lost } of seen) {
    if (status === 'NO_RESULT') expect(lists).toBe(empty);
    expect(lost > 0).toBe(reason === 'INCOMPLETE_TOTAL' || reason === 'REPEATED_PAGE');
  }
  for (const { view } of Object.values(OF_TYPE)) {
    const date = view === 'dishonest_debtors' ? 'lian_date' : 'add_date';
    const unread = await rowsOf(orderNo, view, `DISTINCT ${date}_raw AS raw`);
    const none = await pipeline.query(
      `SELECT DISTINCT ${date}_raw AS raw FROM {{db}}.${view} WHERE order_no = '${orderNo}' AND ${date} IS NULL`,
    );
    expect(unread.length).toBeGreaterThan(3);
    expect(none).toEqual([{ raw: '不详' }]);
    const extras = await pipeline.query(
      `SELECT DISTINCT extra FROM {{db}}.${view} WHERE order_no = '${orderNo}' ORDER BY extra`,
    );
    expect(extras).toEqual([
      { extra: '{"承办人":"张三","courtLevel":3,"relatedCases":[{"caseNo":"（2020）沪01民终1号"}]}' },
      { extra: null },
    ]);
  }

  const cases = await rowsOf(orderNo, 'dishonest_debtors', 'id, anno, anno_normalized, amount, amount_raw');
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  for (const bracket of ['〔', '[', '【', '［'])
    expect(cases.some(({ anno }) => String(anno).startsWith(bracket))).toBe(true);
  for (const { anno_normalized } of cases) expect(anno_normalized).toMatch(/^（\d{4}）\P{P}+$/u);
  const amounts = cases.filter(({ amount, amount_raw }) => amount === null && amount_raw !== null);
  expect([...new Set(amounts.map(({ amount_raw }) => amount_raw))].sort()).toEqual(
    ['不详', '约15万元', '见判决书'].sort(),
  );

  const current = (revision: number) =>
    pipeline.query(
      `SELECT * EXCEPT (revision, source, version, source_partition, source_offset, source_time, source_day, ingested_at, ingested_day)
       FROM {{db}}.records WHERE order_no = '${orderNo}' AND revision = ${revision} ORDER BY id`,
    );
  const before = await current(0);
  const calls = simulator.calls.report().counts.getShiXinList;
  const terminal = { env: pipeline.env, print() {}, complain() {}, ask: null };
  expect(await runCli(terminal, ['replay', orderNo])).toBe(0);
  await vi.waitFor(async () => {
    const [order] = await pipeline.query(`SELECT revision, status FROM {{db}}.orders WHERE order_no = '${orderNo}'`);
    expect(order).toEqual({ revision: 1, status: 'COMPLETE' });
  }, PATIENCE);
  expect(await current(1)).toEqual(before);
  expect(simulator.calls.report().counts.getShiXinList).toEqual(calls);
});

test('a blank before codes is no part of them', async () => {
  const { orderNo } = await pipeline.simulator.createOrder({ records: 3, types: ['2'], blankCodes: true });
  await vi.waitFor(async () => {
    const [order] = await pipeline.query(`SELECT status FROM {{db}}.orders WHERE order_no = '${orderNo}'`);
    expect(order).toEqual({ status: 'COMPLETE' });
  }, PATIENCE);
  expect(await recordsOf(orderNo, 'DISTINCT type, category, extra')).toEqual([{ type: '2', category: '1', extra: {} }]);
});

test('the enricher counts what is odd', async () => {
  const metrics = await (await fetch(`http://127.0.0.1:${pipeline.adminPorts['detail-enricher']}/metrics`)).text();
  expect(metrics).toMatch(/qcc_detail_values_unparsed_total\{endpoint="getExceptions",field="removeDate".*\} [1-9]/);
  expect(metrics).toMatch(/qcc_detail_values_unparsed_total\{endpoint="getShiXinList",field="amount".*\} [1-9]/);
  expect(metrics).toMatch(/qcc_detail_rows_odd_total\{endpoint="getShiXinList".*\} [1-9]/);
  expect(metrics).toMatch(
    /qcc_detail_lists_incomplete_total\{endpoint="getShiXinList",reason="REPEATED_PAGE".*\} [1-9]/,
  );
});

describe('what an earlier version wrote', { tags: 'whole' }, () => {
  const LATER_FIELDS =
    /^(details(Complete|IncompleteReason|OddRows)|addDateRaw|removeDateRaw|lianDateRaw|publicDateRaw|executeNoNormalized)$/;
  type Node = { name?: string; fields?: Node[]; type?: Node | string; items?: Node };
  /** The schema without the fields of this version. */
  function earlier(node: Node): Node {
    const isRow = node.name !== 'ChangeRecord';
    return {
      ...node,
      ...(node.fields && {
        fields: node.fields
          .filter(({ name = '' }) => !LATER_FIELDS.test(name) && !(isRow && name === 'extra'))
          .map(earlier),
      }),
      ...(typeof node.type === 'object' && !Array.isArray(node.type) && { type: earlier(node.type) }),
      ...(node.items && { items: earlier(node.items) }),
    };
  }

  test('on the topic is stored, and says nothing of what that version did not know', async () => {
    const schema = earlier(loadSchema('enriched-records') as Node);
    const registry = new SchemaRegistry({ host: pipeline.stack.SCHEMA_REGISTRY_URL });
    const { id } = await registry.register({ type: 'AVRO', schema: JSON.stringify(schema) } as never, {
      subject: `${pipeline.prefix}enriched-records-value`,
      compatibility: COMPATIBILITY.FULL_TRANSITIVE,
    });
    const record = changeRecord({ account: 'test', type: '11', orderNo: 'EARLIER' });
    const debtor = { id: 'd1', anno: null, amount: '1.50', amountRaw: '1.50', lianDate: 18_519 };
    const body = avsc.Type.forSchema(schema as Schema).toBuffer({
      record,
      detailStatus: 'ENRICHED',
      detailsFetchedAt: record.pushDate,
      detailsTotal: 1,
      dishonestDebtors: [debtor],
      version: Buffer.alloc(32, 1),
    });
    const header = Buffer.alloc(5);
    header.writeInt32BE(id, 1);
    const settings = readSettings(pipeline.env, COMMON_SETTINGS);
    const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
    const value = Buffer.concat([header, body]);
    await produce(kafka, pipeline.prefix, [{ topic: TOPICS.enrichedRecords, key: record.corpKeyNo, value }]);
    await vi.waitFor(async () => expect(await recordsOf('EARLIER', 'id')).toHaveLength(1), PATIENCE);
    expect(await recordsOf('EARLIER', COMPLETENESS)).toEqual([{ ...complete(1), details_complete: null }]);
    expect(await rowsOf('EARLIER', 'dishonest_debtors', 'id, lian_date, lian_date_raw, extra')).toEqual([
      { id: 'd1', lian_date: '2020-09-14', lian_date_raw: null, extra: null },
    ]);
  });

  test('into the tables is in the views, with nothing in the new columns, and an earlier sink goes on inserting', async () => {
    const client = connect(pipeline.stack.CLICKHOUSE_URL);
    const database = freshName();
    const insert = (id: string) =>
      client.command({
        query: `INSERT INTO ${database}.record_history (account, id, version, exceptions) VALUES
          ('main', '${id}', 1, [('一', NULL, NULL, NULL, NULL, NULL), ('二', '2020-09-14 10:24:19', NULL, NULL, NULL, NULL)])`,
      });
    try {
      const migrations = readMigrations();
      await migrate(client, { database, mode: 'apply', migrations: migrations.filter(({ name }) => name < '018') });
      await insert('before');
      await migrate(client, { database, mode: 'apply' });
      await insert('after');
      const result = await client.query({
        query: `SELECT record_id, detail_no, add_reason, add_day, add_date_raw, extra FROM ${database}.exceptions ORDER BY record_id, detail_no`,
        format: 'JSONCompactEachRow',
      });
      expect(await result.json()).toEqual(
        ['after', 'before'].flatMap((id) => [
          [id, 1, '一', null, null, null],
          [id, 2, '二', '2020-09-14', null, null],
        ]),
      );
    } finally {
      await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
      await client.close();
    }
  });
});
