import { text } from 'node:stream/consumers';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test } from 'vitest';
import { markAfter } from './unlogged-statements.ts';

test('rows that are written again get a time after that of all listed rows, even if the clock of another server was ahead', async () => {
  const asked: string[] = [];
  await using server = await startLoopbackServer(async (request, response) => {
    asked.push(await text(request));
    response.end('{"mark":"2026-11-30 12:00:00.001"}\n');
  });
  await using client = createClickHouse(asDefaultUser(server.url));
  const listed = ['2026-11-30 09:00:00.000', '2026-11-30 12:00:00.000', '2026-11-30 10:00:00.000'];
  const deps = { client, database: 'qcc', cluster: undefined };
  await markAfter(
    deps,
    listed.map((ingestedAt) => ({ ingestedAt })),
  );
  expect(asked.join()).toMatch(/greatest\(\s*now64.*toDateTime64\('2026-11-30 12:00:00\.000'/s);
});
