// @module-tag whole
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { type LoopbackServer, startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { createQuietKafka } from '../harness/quiet-kafka.ts';
import { readAvro } from '../harness/read-avro.ts';
import { readTopic } from '../harness/read-topic.ts';
import { runQcc } from '../harness/run-qcc.ts';

/**
 * A company with a list of debtors beyond the eight MiB that `enriched-records` takes, through the services: QCC is
 * simulated but for that list. The tests build on one another.
 */
const ROWS = 1_400;
const PAGE_SIZE = 20;
/** 6 kB in UTF-8. */
const LONG = '法'.repeat(2_000);

let qcc: LoopbackServer;
let pipeline: Pipeline;
let orderNo: string;

/** Answers for the debtors, and passes everything else on to the simulator, once that is there. */
const startQcc = (): Promise<LoopbackServer> =>
  startLoopbackServer(async ({ url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://qcc');
    if (!pathname.endsWith('/getShiXinList')) {
      const passed = { token: String(headers.token), timespan: String(headers.timespan) };
      try {
        const answer = await fetch(new URL(url, pipeline.simulator.baseUrl), { headers: passed });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      } catch {
        response.writeHead(503).end();
      }
      return;
    }
    const first = (Number(searchParams.get('pageIndex')) - 1) * PAGE_SIZE;
    const resultList = Array.from({ length: Math.min(PAGE_SIZE, ROWS - first) }, (_, index) => ({
      id: `case-${first + index}`,
      executeGov: LONG,
      amount: '12.50',
    }));
    response.end(JSON.stringify({ status: '200', resultList, paging: { totalRecords: ROWS } }));
  });

const stored = async (database = pipeline.database) => {
  const [row] = await pipeline.query<{ truncated: boolean; total: number; rows: number; version: string }>(
    `SELECT details_truncated AS truncated, details_total AS total, length(dishonest_debtors) AS rows,
       toString(version) AS version
     FROM ${database}.record_history FINAL WHERE order_no = '${orderNo}'`,
  );
  return row;
};
const cases = () =>
  pipeline.query(
    `SELECT count() AS n, uniqExact(id) AS ids, min(lengthUTF8(execute_gov)) AS shortest
     FROM {{db}}.dishonest_debtors WHERE order_no = '${orderNo}'`,
  );
const outcomes = async (outcome: string): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${pipeline.adminPorts.sink}/metrics`);
  const line = new RegExp(`^qcc_truncated_details_total\\{[^}]*outcome="${outcome}"[^}]*\\} (\\d+)$`, 'm');
  return Number(line.exec(await response.text())?.[1] ?? 0);
};
/** The message once more, as a redelivery brings it. */
async function sendAgain(): Promise<void> {
  const [sent] = await readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}enriched-records`);
  const { key, value } = sent!;
  const producer = createQuietKafka(inject('stack').KAFKA_BROKERS).producer();
  await producer.connect();
  await producer.send({ topic: `${pipeline.prefix}enriched-records`, messages: [{ key, value }] });
  await producer.disconnect();
}

beforeAll(async () => {
  qcc = await startQcc();
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'large-details' },
    env: {
      QCC_BASE_URL: `${qcc.url}/api/dd_corp_monitor`,
      DETAIL_RATE_PER_SECOND: '1000',
      DETAIL_WAIT_MS: '600000',
    },
  });
  orderNo = (await pipeline.simulator.createOrder({ records: 1, types: ['11'], withoutCheckId: 0 })).orderNo;
  await vi.waitFor(
    async () => expect(await pipeline.query('SELECT status FROM {{db}}.orders')).toEqual([{ status: 'COMPLETE' }]),
    PATIENCE,
  );
});
afterAll(async () => {
  await pipeline?.[Symbol.asyncDispose]();
  await qcc?.[Symbol.asyncDispose]();
});

test('details too large for their topic leave it, counted, and ClickHouse holds all of them', async () => {
  const messages = await readAvro<EnrichedRecord>(pipeline, 'enriched-records');
  expect(
    messages.map(({ detailsTruncated, detailsTotal, dishonestDebtors }) => [
      detailsTruncated,
      detailsTotal,
      dishonestDebtors.length,
    ]),
  ).toEqual([[true, ROWS, 0]]);
  expect(await stored()).toMatchObject({ truncated: false, total: ROWS, rows: ROWS });
  expect(await cases()).toEqual([{ n: ROWS, ids: ROWS, shortest: LONG.length }]);
  expect([await outcomes('restored'), await outcomes('missing')]).toEqual([1, 0]);
});

test('an audit finds no difference between the topic and the table', async () => {
  const { exitCode, out } = await runQcc(pipeline.env, ['audit']);
  expect([exitCode, out]).toEqual([0, expect.stringContaining('No differences.')]);
});

test('a redelivery makes the same row', async () => {
  const place = () => pipeline.query('SELECT source_partition, source_offset FROM {{db}}.record_history FINAL');
  const [before, first] = [await stored(), await place()];
  await sendAgain();
  await vi.waitFor(async () => expect(await place()).not.toEqual(first), PATIENCE);
  expect(await outcomes('restored')).toBe(2);
  expect(await stored()).toEqual(before);
  expect(await cases()).toEqual([{ n: ROWS, ids: ROWS, shortest: LONG.length }]);
});

test('a rebuild makes the same row', async () => {
  const database = `${pipeline.database}_rebuilt`;
  expect((await runQcc(pipeline.env, ['rebuild', '--database', database])).exitCode).toBe(0);
  expect(await stored(database)).toEqual(await stored());
  await pipeline.clickhouse.command({ query: `DROP DATABASE ${database} SYNC` });
});

test('if the kept responses are missing, the change is stored without details and counted; a rebuild adds them later', async () => {
  const answers = join(fileURLToPath(pipeline.env.EVIDENCE_URL!), 'answers');
  const elsewhere = join(pipeline.folder, 'away', 'answers');
  await mkdir(dirname(elsewhere));
  await rename(answers, elsewhere);
  await sendAgain();
  await vi.waitFor(async () => expect(await outcomes('missing')).toBe(1), PATIENCE);
  await vi.waitFor(
    async () => expect(await stored()).toMatchObject({ truncated: true, total: ROWS, rows: 0 }),
    PATIENCE,
  );
  const audit = await runQcc(pipeline.env, ['audit']);
  expect([audit.exitCode, audit.out]).toEqual([
    1,
    expect.stringContaining('record_history differs from enriched-records: details_truncated'),
  ]);

  await rename(elsewhere, answers);
  expect((await runQcc(pipeline.env, ['rebuild', '--database', pipeline.database])).exitCode).toBe(0);
  expect(await stored()).toMatchObject({ truncated: false, total: ROWS, rows: ROWS });
});
