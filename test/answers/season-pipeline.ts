import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { createPseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import { type Login, renderUsersFile } from 'qcc-clickhouse/users-file';
import type { SeasonOrder } from 'qcc-simulator/lives/season';
import type { SeasonRequest } from 'qcc-simulator/lives/season-request';
import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import { type ClickHouse, startClickHouse } from '../../stack/clickhouse.ts';
import { steadyPort } from '../../stack/ports.ts';
import type { StackEnv } from '../../stack/stack.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { readMetric } from '../harness/read-metric.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { until } from '../harness/until.ts';
import { type Customer, customersFile, customersOf } from './customers.ts';

export const DATABASE = 'qcc';
export const ACCOUNT = 'main';
/** A login for each role. */
export const READERS = { analyst: 'qcc_analyst', investigator: 'qcc_investigator' } as const;
export type Reader = keyof typeof READERS;

const LOGINS: readonly Login[] = Object.entries(READERS).map(([name, role]) => ({ name, password: 'secret', role }));

export type ReadersEngine = AsyncDisposable & {
  url: string;
  /** Without a reader, the client logs in as `default`. */
  client(reader?: Reader): ClickHouseClient;
};

/** Starts a ClickHouse with the logins of the readers and this time zone. Several engines may use a folder, one after the other. */
export async function startReadersEngine(folder: string, timeZone: string): Promise<ReadersEngine> {
  await using opened = new AsyncDisposableStack();
  const port = await steadyPort();
  const usersFile = renderUsersFile({ database: DATABASE, logins: LOGINS, network: '127.0.0.1' });
  const logFile = join(folder, 'clickhouse.log');
  const server: ClickHouse = opened.use(
    await startClickHouse({ dir: join(folder, 'clickhouse'), port, logFile, usersFile, timeZone }),
  );
  const clients = new Map(
    [undefined, ...(Object.keys(READERS) as Reader[])].map((reader) => {
      const client = createClient({
        url: server.url,
        ...(reader && { username: reader, password: 'secret' }),
        log: { level: ClickHouseLogLevel.OFF },
        request_timeout: 120_000,
      });
      opened.defer(() => client.close());
      return [reader, client] as const;
    }),
  );
  const kept = opened.move();
  return {
    url: server.url,
    client: (reader) => clients.get(reader)!,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

type SeasonInput = {
  stack: StackEnv;
  engine: ReadersEngine;
  seed: string;
  season: SeasonRequest;
  /** The limit of each wait: for the orders between two passes, for the portfolio, and for the end. */
  limitMs: number;
  say(line: string): void;
};

/** Orders that are sent at the same time. */
const AT_ONCE = 4;

/** QCC lists only its last 30 orders. More orders between two passes of the gateway would be a gap. QCC takes weeks to send so many. */
const ORDERS_BETWEEN_PASSES = 20;

/** Customers in the portfolio. */
const CUSTOMERS = 200;

const PSEUDONYM_KEY = Buffer.alloc(32, 'answers').toString('base64');
const pseudonyms = createPseudonyms(PSEUDONYM_KEY);

export type Sent = {
  truth: SeasonTruth;
  customers: Customer[];
  /** The pseudonym of a company in the masked views. */
  pseudonymOf(corpKeyNo: string): string;
};

/**
 * Sends a season of orders through the four services into the engine, and loads a portfolio of its companies after half of them.
 * @returns once each order is COMPLETE for analysts, or FAILED if its archive is corrupt, and each day is compared with QCC's list.
 */
export async function sendSeason({ stack, engine, seed, season, limitMs, say }: SeasonInput): Promise<Sent> {
  await using pipeline = await startPipeline({
    stack: { ...stack, CLICKHOUSE_URL: engine.url },
    simulator: { seed },
    tablesBy: 'the sink',
    env: { ACCOUNT, CLICKHOUSE_DATABASE: DATABASE, DETAIL_RATE_PER_SECOND: '1000', PSEUDONYM_KEY },
  });
  const { simulator } = pipeline;
  const { orders, lives } = simulator.season(season);
  const gateway = pipeline.adminPorts['callback-gateway'];
  const passes = () => readMetric(gateway, 'qcc_reconcile_passes_total', { outcome: 'compared' });
  const send = async (part: readonly SeasonOrder[]): Promise<void> => {
    for (let sent = 0; sent < part.length; sent += ORDERS_BETWEEN_PASSES) {
      // The second pass from now begins after all orders that were sent until now.
      const before = await passes();
      await until('the orders are compared', limitMs, async () => (await passes()) >= before + 2);
      const waiting = part.slice(sent, sent + ORDERS_BETWEEN_PASSES).map(({ request }) => request);
      const sendOnes = async () => {
        for (let request = waiting.shift(); request; request = waiting.shift()) await simulator.createOrder(request);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, sendOnes));
    }
  };
  const half = Math.ceil(orders.length / 2);
  await send(orders.slice(0, half));
  const customers = customersOf(lives, CUSTOMERS);
  say(await loadPortfolio(pipeline, customers, limitMs));
  await send(orders.slice(half));
  say(`${orders.length} orders sent`);
  const count = async (view: string, where: string): Promise<number> => {
    const query = `SELECT count() AS n FROM ${DATABASE}.${view} WHERE ${where}`;
    const result = await engine.client().query({ query, format: 'JSONEachRow' });
    return Number((await result.json<{ n: string }>())[0]!.n);
  };
  const ended = async () => {
    const corrupt = orders.filter((order) => order.corrupt).length;
    const complete = await count('data_quality', `status = 'COMPLETE'`);
    const failed = await count('data_quality', `status = 'FAILED'`);
    const unchecked = await count('data_completeness', `orders > 0 AND verdict = 'NOT_CHECKED'`);
    return complete === orders.length - corrupt && failed === corrupt && unchecked === 0;
  };
  await until('each order is complete, or failed if it is corrupt, and each day is checked', limitMs, ended);
  return {
    truth: simulator.seasonTruth(),
    customers,
    pseudonymOf: (corpKeyNo) => pseudonyms.of(ACCOUNT, corpKeyNo)!,
  };
}

/** Loads the customers as an operator does. @returns the report. */
async function loadPortfolio(
  { env, folder }: Pipeline,
  customers: readonly Customer[],
  limitMs: number,
): Promise<string> {
  const file = join(folder, 'customers.csv');
  await writeFile(file, customersFile(customers));
  const { exitCode, out, err } = await runQcc(env, ['portfolio', 'load', file, '--wait', String(limitMs / 1_000)]);
  if (exitCode !== 0) throw new Error(`qcc portfolio load ended with ${exitCode}: ${err}`);
  return out;
}
