import { text } from 'node:stream/consumers';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test } from 'vitest';
import { fillCompanies } from './fill-companies.ts';

test('a fill disables deduplication of inserts, and leaves out companies that are being erased', async () => {
  const inserts: { query: string; deduplicate: string | null }[] = [];
  await using server = await startLoopbackServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://fake');
    const query = searchParams.get('query') ?? (await text(request));
    if (query.startsWith('INSERT')) inserts.push({ query, deduplicate: searchParams.get('insert_deduplicate') });
    response.end('{"n":1}\n');
  });
  await using client = createClickHouse(asDefaultUser(server.url, 'main'));
  await fillCompanies({ client, database: 'qcc', cluster: 'main' }, { account: 'main' });
  expect(inserts).toEqual([{ query: expect.stringMatching(/NOT IN .*`qcc`\.erasing_companies/), deduplicate: '0' }]);
});
