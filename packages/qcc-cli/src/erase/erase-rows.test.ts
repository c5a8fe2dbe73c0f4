import { text } from 'node:stream/consumers';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { expect, test } from 'vitest';
import { eraseRows } from './erase-rows.ts';

const ANSWERS: Readonly<Record<string, object>> = {
  'SELECT DISTINCT': { account: 'main', order_no: 'DD1', revision: 0, position: 0 },
  'SELECT toString': { now: '2026-11-24 10:00:00.000' },
  'SELECT count()': { companies: 1, kept: 0 },
  'SELECT uniqExact': { n: 0 },
};
const RECORDS = ['record_history', 'record_current', 'change_log'];
const DERIVED = ['company_states', 'company_identities', 'first_pushes', 'list_entries', 'debtor_case_reports'];
const COPIES = ['debtor_case_states', 'portfolio_case_states'];
const OF_CUSTOMERS = ['portfolio_companies', 'portfolio_states', 'portfolio_list_entries', 'portfolio_log'];

/** The newest reports of cases, of other companies. */
const DERIVED_AGAIN = ['INSERT INTO `qcc`.debtor_case_states', 'INSERT INTO `qcc`.change_log', 'SELECT uniqExact'];

const SINK_PASSED = 'the sink has passed';

/** Erases a company of which there is one record; resolves to the statements, as far as their order matters. */
async function erase(cluster: string | undefined): Promise<string[]> {
  const asked: string[] = [];
  await using server = await startLoopbackServer(async (request, response) => {
    const body = await text(request);
    const query = new URL(request.url ?? '', 'http://fake').searchParams.get('query') ?? body;
    const statement =
      /SYSTEM SYNC REPLICA[^\n]*|SELECT toString|SELECT DISTINCT|SELECT uniqExact|SELECT count\(\)|INSERT INTO \S+|ALTER TABLE.* DELETE/.exec(
        query,
      )?.[0];
    if (statement !== undefined) asked.push(statement);
    response.end(`${JSON.stringify(ANSWERS[statement ?? ''] ?? '')}\n`.replace('""\n', ''));
  });
  await using client = createClickHouse(asDefaultUser(server.url, cluster));
  const key = createErasureKey(Buffer.alloc(32, 3).toString('base64'));
  const subject = { account: 'main', company: 'k1' };
  const erasure = { ...key.describe(subject), at: 1, reason: 'r', decidedBy: 'd' };
  const untilSinkPassed = async () => void asked.push(SINK_PASSED);
  const input = {
    subject,
    erasureId: erasure.id,
    eraser: createEraser(key, [erasure]),
    dryRun: false,
    untilSinkPassed,
  };
  expect((await eraseRows({ client, database: 'qcc', cluster }, input)).occurrences).toBe(1);
  return asked;
}

test('on a cluster it looks at rows only once it has those of all replicas, as does each replica that deletes', async () => {
  const sync = (table: string, where = '') => `SYSTEM SYNC REPLICA${where} \`qcc\`.${table} LIGHTWEIGHT`;
  const remove = (table: string) => `ALTER TABLE \`qcc\`.${table} ON CLUSTER \`main\` DELETE`;
  expect(await erase('main')).toEqual([
    ...[...RECORDS, ...DERIVED, 'debtor_case_states', ...OF_CUSTOMERS].map((table) => sync(table)),
    ...['change_amendments', 'erasing_companies', 'dead_letters'].map((table) => sync(table)),
    'SELECT DISTINCT',
    'SELECT toString',
    'INSERT INTO `qcc`.erasing_companies',
    sync('erasing_companies', ' ON CLUSTER `main`'),
    SINK_PASSED,
    'INSERT INTO `qcc`.erased_occurrences',
    sync('erased_occurrences', ' ON CLUSTER `main`'),
    ...RECORDS.map(remove),
    'SELECT count()',
    sync('erasing_companies', ' ON CLUSTER `main`'),
    ...DERIVED.map(remove),
    SINK_PASSED,
    ...COPIES.map((table) => sync(table)),
    'INSERT INTO `qcc`.erasing_companies',
    sync('erasing_companies', ' ON CLUSTER `main`'),
    ...[...COPIES, 'change_amendments', ...OF_CUSTOMERS].map(remove),
    ...['record_history', 'portfolio_members', 'first_pushes', 'order_ledger', 'change_log'].map((table) =>
      sync(table),
    ),
    ...DERIVED_AGAIN,
    remove('erasing_companies'),
    ...['order_amendments', 'change_amendments', 'portfolio_companies'].map((table) => sync(table)),
    ...['first_pushes', 'order_ledger', 'change_log'].map((table) => sync(table)),
  ]);
});

test('on a single server it deletes without waiting for others', async () => {
  const remove = (table: string) => `ALTER TABLE \`qcc\`.${table} DELETE`;
  expect(await erase(undefined)).toEqual([
    'SELECT DISTINCT',
    'SELECT toString',
    'INSERT INTO `qcc`.erasing_companies',
    SINK_PASSED,
    'INSERT INTO `qcc`.erased_occurrences',
    ...RECORDS.map(remove),
    'SELECT count()',
    ...DERIVED.map(remove),
    SINK_PASSED,
    'INSERT INTO `qcc`.erasing_companies',
    ...[...COPIES, 'change_amendments', ...OF_CUSTOMERS].map(remove),
    ...DERIVED_AGAIN,
    remove('erasing_companies'),
  ]);
});
