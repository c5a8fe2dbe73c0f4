import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { createTally, type HostileRow } from '../row.ts';

/** Of each row, fewer than the sink takes for a refusal. */
const CUTS = 2;

/** A way to ClickHouse on which the bodies of inserts lose their ends, and look whole all the same. */
async function openCuttingWay(clickhouseUrl: string) {
  const way = { cutsLeft: 0, inserts: 0 };
  const target = new URL(clickhouseUrl);
  const server = await startLoopbackServer(async (incoming, response) => {
    let body = await buffer(incoming);
    const isInsert = incoming.url?.includes('query=INSERT') ?? false;
    if (isInsert) way.inserts += 1;
    if (isInsert && way.cutsLeft > 0) {
      way.cutsLeft -= 1;
      body = body.subarray(0, body.length >> 1);
    }
    const { 'transfer-encoding': _, ...headers } = incoming.headers;
    const outgoing = request(
      {
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...headers, 'content-length': body.length },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    outgoing.end(body);
  });
  return { way, server };
}

/** Not an attack, but the same harm: a proxy that loses the end of a body makes a good row look like a bad one. */
export const cutBodies: HostileRow = {
  name: 'cut-bodies',
  title: 'inserts of one row whose bodies are cut on the way to a real ClickHouse',
  mustHold: 'the row is stored and not refused; one that ClickHouse cannot read is still refused',
  async run({ stack, short }) {
    await using opened = new AsyncDisposableStack();
    const { way, server } = await openCuttingWay(stack.CLICKHOUSE_URL);
    opened.use(server);
    const straight = createClickHouse(asDefaultUser(stack.CLICKHOUSE_URL));
    const client = createClickHouse(asDefaultUser(server.url));
    opened.defer(() => straight.close());
    opened.defer(() => client.close());
    const database = `cut_${randomUUID().slice(0, 8)}`;
    await straight.command({ query: `CREATE DATABASE ${database}` });
    opened.defer(async () => void (await straight.command({ query: `DROP DATABASE ${database} SYNC` })));
    const columns = 'name String, at DateTime64(3)';
    await straight.command({ query: `CREATE TABLE ${database}.cut (${columns}) ENGINE = MergeTree ORDER BY name` });

    const tally = createTally();
    const insert = (name: string, at: string) =>
      insertRows({ client, database }, { table: 'cut', rows: [{ name, at }] });
    const rows = short ? 3 : 30;
    for (let row = 0; row < rows; row += 1) {
      way.cutsLeft = CUTS;
      const refused = await insert(`row ${row}`, '2026-03-16 09:10:00.000');
      const problem = refused.length > 0 ? `refused: ${refused[0]?.message.slice(0, 80)}` : null;
      tally.count(`row ${row}`, way.cutsLeft > 0 ? 'was not cut' : problem);
    }
    tally.count('a row that cannot be read', (await insert('bad', 'soon')).length === 1 ? null : 'was taken');
    const counted = await straight.query({ query: `SELECT count() AS n FROM ${database}.cut`, format: 'JSONEachRow' });
    const [{ n } = { n: 0 }] = await counted.json<{ n: number | string }>();
    tally.count('rows in the table', Number(n) === rows ? null : `${n} of ${rows}`);
    return tally.figures([`${way.inserts} inserts of ${rows + 1} rows`]);
  },
};
