import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test } from 'vitest';
import { createClickHouse } from './create-clickhouse.ts';
import { insertRows } from './insert/insert-rows.ts';
import { asDefaultUser } from './testing/default-user.ts';

const DURABLE = /[?&]insert_quorum=auto&.*insert_quorum_timeout=50000|insert_quorum_timeout=50000&.*insert_quorum=auto/;

test.each([
  ['a cluster acknowledges an insert once most replicas have it', 'main', true],
  ['a single server has no quorum to wait for', undefined, false],
])('%s', async (_, cluster, hasQuorum) => {
  const asked: string[] = [];
  await using server = await startLoopbackServer((request, response) => {
    asked.push(request.url ?? '');
    request.resume().on('end', () => response.end());
  });
  await using client = createClickHouse(asDefaultUser(server.url, cluster));
  await insertRows({ client, database: 'qcc' }, { table: 'order_discards', rows: [{ position: 1 }] });
  expect(asked).toHaveLength(1);
  expect(DURABLE.test(asked[0]!)).toBe(hasQuorum);
});
