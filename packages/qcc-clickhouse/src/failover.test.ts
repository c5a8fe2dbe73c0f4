import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ClickHouseClient } from '@clickhouse/client';
import { type LoopbackServer, startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClickHouse } from './create-clickhouse.ts';
import type { Switch } from './failover.ts';
import { migrate } from './migrate/migrate.ts';
import { createClickHouseProbe, requireClickHouse } from './require-clickhouse.ts';
import { asDefaultUser } from './testing/default-user.ts';
import { fakeHost, startFakeCluster } from './testing/fake-cluster.ts';

/** Nothing listens there: the port is reserved. */
const DEAD = 'http://127.0.0.1:1';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const well: Answer = (_, response) => response.end('{"x":1}\n');
const fails =
  (status: number, body: string): Answer =>
  (_, response) =>
    response.writeHead(status).end(body);
const cuts: Answer = (request) => request.socket.destroy();
const proxyPage = fails(503, '<html><body><h1>503 Service Unavailable</h1>No server is available.</body></html>');
const readOnly = fails(500, 'Code: 242. DB::Exception: Table is in readonly mode. (TABLE_IS_READ_ONLY) (version 26.7)');
const unknownTable = fails(404, 'Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE) (version 26.7)');

const FAULTS = {
  'cannot be reached': null,
  'hangs up': cuts,
  'is behind a proxy that misses it': proxyPage,
  'has lost Keeper': readOnly,
} as const satisfies Record<string, Answer | null>;

const settingsFor = (...urls: string[]) => asDefaultUser(urls.join());

/** A server whose answer may change, and how many requests it has had. */
async function serve(
  answer: Answer,
): Promise<LoopbackServer & { asked: () => number; answer: (next: Answer) => void }> {
  let asked = 0;
  let current = answer;
  const server = await startLoopbackServer(async (request, response) => {
    asked += 1;
    if (current !== cuts) await text(request);
    current(request, response);
  });
  return {
    ...server,
    asked: () => asked,
    answer(next) {
      current = next;
    },
  };
}

let a: Awaited<ReturnType<typeof serve>>;
let b: Awaited<ReturnType<typeof serve>>;
beforeEach(async () => {
  a = await serve(well);
  b = await serve(well);
});
afterEach(async () => {
  await a[Symbol.asyncDispose]();
  await b[Symbol.asyncDispose]();
});

const select = (client: ClickHouseClient) => client.query({ query: 'SELECT 1', format: 'JSONEachRow' });
const insert = (client: ClickHouseClient) => client.insert({ table: 't', values: [{ x: 1 }], format: 'JSONEachRow' });
const stream = (client: ClickHouseClient) =>
  client.exec({
    query: 'INSERT INTO t FORMAT Avro',
    values: Readable.from([Buffer.from('row')], { objectMode: false }),
  });
const command = (client: ClickHouseClient) => client.command({ query: 'CREATE TABLE t (x String)' });
const REQUESTS = { select, insert, stream, command } as const;

describe('with several URLs', () => {
  test.each<[kind: keyof typeof REQUESTS, fault: keyof typeof FAULTS, next: 'does it at once' | 'does the next one']>([
    ['select', 'cannot be reached', 'does it at once'],
    ['insert', 'cannot be reached', 'does it at once'],
    ['command', 'cannot be reached', 'does it at once'],
    // Its body can be read once.
    ['stream', 'cannot be reached', 'does the next one'],
    ['select', 'hangs up', 'does it at once'],
    ['select', 'is behind a proxy that misses it', 'does it at once'],
    ['select', 'has lost Keeper', 'does it at once'],
    // It may have arrived: the caller repeats it, with a deduplication token of its own.
    ['insert', 'hangs up', 'does the next one'],
    ['insert', 'is behind a proxy that misses it', 'does the next one'],
    ['insert', 'has lost Keeper', 'does the next one'],
    ['command', 'is behind a proxy that misses it', 'does the next one'],
    ['stream', 'hangs up', 'does the next one'],
  ])('of a request (%s) to a server that %s, the next server %s', async (kind, fault, next) => {
    const isDoneAtOnce = next === 'does it at once';
    const switches: Switch[] = [];
    const answer = FAULTS[fault];
    if (answer) a.answer(answer);
    const first = answer ? a.url : DEAD;
    await using client = createClickHouse(settingsFor(first, b.url), {
      onSwitch: (each) => void switches.push(each),
    });
    const request = REQUESTS[kind];
    const isDone = await request(client).then(
      () => true,
      () => false,
    );
    expect([isDone, b.asked()]).toEqual([isDoneAtOnce, isDoneAtOnce ? 1 : 0]);
    const askedBefore = a.asked();
    await request(client);
    expect(a.asked()).toBe(askedBefore);
    expect(switches).toMatchObject([{ from: first, to: b.url }]);
  });

  test('what the server refuses stays with it', async () => {
    a.answer(unknownTable);
    await using client = createClickHouse(settingsFor(a.url, b.url));
    for (const request of Object.values(REQUESTS)) await expect(request(client)).rejects.toThrow('Unknown table');
    expect(b.asked()).toBe(0);
  });

  test('an error of what makes the rows moves nothing', async () => {
    class RowError extends Error {}
    await using client = createClickHouse(settingsFor(a.url, b.url));
    const values = Readable.from(
      (async function* () {
        yield Buffer.from('row');
        throw new RowError('a row cannot be made');
      })(),
      { objectMode: false },
    );
    await expect(client.exec({ query: 'INSERT INTO t FORMAT Avro', values })).rejects.toThrow('a row cannot be made');
    await select(client);
    expect(b.asked()).toBe(0);
  });

  test('a request fails once no server answers, and the first one that does is used again', async () => {
    b.answer(proxyPage);
    await using client = createClickHouse(settingsFor(DEAD, b.url));
    await expect(select(client)).rejects.toThrow('503');
    b.answer(well);
    await select(client);
    await select(client);
    expect(b.asked()).toBe(3);
  });

  test('the start goes on with a server that answers, and names all where none does', async () => {
    const some = settingsFor(DEAD, b.url);
    await using client = createClickHouse(some);
    await requireClickHouse(client, some);
    const none = settingsFor(DEAD, `${DEAD}/two`);
    await using without = createClickHouse(none);
    await expect(requireClickHouse(without, none)).rejects.toThrow(`ClickHouse at ${DEAD},${DEAD}/two does not answer`);
  });

  test('they are well as long as one answers', async () => {
    const signal = new AbortController().signal;
    await using one = createClickHouseProbe(settingsFor(DEAD, b.url));
    expect(await one.ask(signal)).toBeNull();
    await using none = createClickHouseProbe(settingsFor(DEAD, `${DEAD}/two`));
    expect(await none.ask(signal)).toMatch(/:1 does not answer.*; .*:1\/two does not answer/);
    expect(none.what).toBe(`ClickHouse at ${DEAD}, ${DEAD}/two`);
  });

  test('migrations run on one server, and fail with it rather than go on elsewhere', async () => {
    const hosts = [fakeHost({ host: 'one', isLocal: 1 })];
    await using first = await startFakeCluster({ hosts, failsAfter: 1 });
    await using second = await startFakeCluster({ hosts });
    await using client = createClickHouse({ ...settingsFor(DEAD, first.url, second.url), CLICKHOUSE_CLUSTER: 'main' });
    const target = { database: 'qcc', cluster: 'main', mode: 'apply' } as const;
    await expect(migrate(client, target)).rejects.toThrow('statement 2 of migration schema_migrations failed');
    expect([first.ran.length, second.ran.length]).toEqual([1, 0]);
    expect(await migrate(client, target)).not.toEqual([]);
    expect(first.ran.length).toBe(1);
  });
});

test('with one URL a request that cannot connect fails as it is', async () => {
  await using client = createClickHouse(settingsFor(DEAD));
  await expect(select(client)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
