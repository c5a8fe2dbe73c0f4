import { text } from 'node:stream/consumers';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { expect, test } from 'vitest';
import { eraseRows } from './erase-rows.ts';

const OCCURRENCE = { account: 'main', order_no: 'DD1', revision: 0, position: 0 };

/** Erases a company of which there is one record; resolves to the statements, as far as their order matters. */
async function erase(cluster: string | undefined): Promise<string[]> {
  const asked: string[] = [];
  await using server = await startLoopbackServer(async (request, response) => {
    const body = await text(request);
    const query = new URL(request.url ?? '', 'http://fake').searchParams.get('query') ?? body;
    const statement = /SYSTEM SYNC REPLICA[^\n]*|SELECT DISTINCT|INSERT INTO \S+|ALTER TABLE.* DELETE/.exec(query)?.[0];
    if (statement !== undefined) asked.push(statement);
    response.end(statement === 'SELECT DISTINCT' ? `${JSON.stringify(OCCURRENCE)}\n` : '');
  });
  await using client = createClickHouse(asDefaultUser(server.url, cluster));
  const key = createErasureKey(Buffer.alloc(32, 3).toString('base64'));
  const subject = { account: 'main', company: 'k1' };
  const erasure = { ...key.describe(subject), at: 1, reason: 'r', decidedBy: 'd' };
  const input = { subject, erasureId: erasure.id, eraser: createEraser(key, [erasure]), dryRun: false };
  expect((await eraseRows({ client, database: 'qcc', cluster }, input)).occurrences).toBe(1);
  return asked;
}

test('on a cluster it looks at rows only once it has those of all replicas, as does each replica that deletes', async () => {
  expect(await erase('main')).toEqual([
    'SYSTEM SYNC REPLICA `qcc`.record_history LIGHTWEIGHT',
    'SYSTEM SYNC REPLICA `qcc`.record_current LIGHTWEIGHT',
    'SYSTEM SYNC REPLICA `qcc`.dead_letters LIGHTWEIGHT',
    'SELECT DISTINCT',
    'INSERT INTO `qcc`.erased_occurrences',
    'SYSTEM SYNC REPLICA ON CLUSTER `main` `qcc`.erased_occurrences LIGHTWEIGHT',
    'ALTER TABLE `qcc`.record_history ON CLUSTER `main` DELETE',
    'ALTER TABLE `qcc`.record_current ON CLUSTER `main` DELETE',
  ]);
});

test('on a single server it deletes without waiting for others', async () => {
  expect(await erase(undefined)).toEqual([
    'SELECT DISTINCT',
    'INSERT INTO `qcc`.erased_occurrences',
    'ALTER TABLE `qcc`.record_history DELETE',
    'ALTER TABLE `qcc`.record_current DELETE',
  ]);
});
