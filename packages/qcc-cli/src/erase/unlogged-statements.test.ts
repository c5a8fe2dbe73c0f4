import { text } from 'node:stream/consumers';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test } from 'vitest';
import { deleteRows, markAfter } from './unlogged-statements.ts';

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

test('statements that may take minutes ask ClickHouse to report progress, so that the connection is not idle', async () => {
  const asked: URLSearchParams[] = [];
  await using server = await startLoopbackServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://fake').searchParams);
    response.end('{"mark":"2026-11-30 12:00:00.001"}\n');
  });
  await using client = createClickHouse(asDefaultUser(server.url));
  const deps = { client, database: 'qcc', cluster: undefined };
  await markAfter(deps, []);
  await deleteRows(deps, 'record_history', 'true');
  expect(asked).toHaveLength(2);
  for (const params of asked) {
    expect(params.get('send_progress_in_http_headers')).toBe('1');
    expect(params.get('log_queries')).toBe('0');
  }
});
