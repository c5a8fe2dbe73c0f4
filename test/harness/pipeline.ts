import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ClickHouseClient } from '@clickhouse/client';
import pRetry from 'p-retry';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { type Simulator, type SimulatorOptions, startSimulator } from 'qcc-simulator/simulator';
import {
  type AdminPorts,
  SERVICES,
  ServiceEndedError,
  type Services,
  startServices,
} from '../../scripts/run-services.ts';
import { servicesReady } from '../../scripts/start/ready.ts';
import { steadyPort, steadyPorts } from '../../stack/ports.ts';
import type { StackEnv } from '../../stack/stack.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { COMPILE_CACHE } from './compile-cache.ts';
import { makeMigratedDatabase } from './migrated-database.ts';
import { PATIENCE } from './patience.ts';

/** A simulated QCC, and a separate prefix and database in the real parts. It starts no services. */
export type TestBed = AsyncDisposable & {
  simulator: Simulator;
  stack: StackEnv;
  /** For logs and spool; gone at the end. */
  folder: string;
  prefix: string;
  database: string;
  account: string;
  clickhouse: ClickHouseClient;
  /** Environment of the services. */
  env: Record<string, string>;
  /** Rows of a statement in which `{{db}}` stands for the database. */
  query<Row>(sql: string): Promise<Row[]>;
};

export type Pipeline = TestBed & { services: Services; adminPorts: AdminPorts };

type Input = {
  stack: StackEnv;
  simulator?: SimulatorOptions;
  env?: Record<string, string>;
  /** A name of its own unless said, for a ClickHouse whose logins may read one database only. */
  database?: string;
};

type PipelineInput = Input & {
  /** Who makes the tables; a copy of migrated ones unless said. */
  tablesBy?: 'the sink';
};

export async function openTestBed(input: Input): Promise<TestBed> {
  await using opened = new AsyncDisposableStack();
  const name = `e2e_${randomUUID().slice(0, 8)}`;
  const gatewayPort = await steadyPort();
  const database = input.database ?? name;
  const { path: folder } = opened.use(await makeTemporaryFolder('qcc-pipeline-'));
  const simulator = opened.use(
    await startSimulator({ callbackUrl: `http://127.0.0.1:${gatewayPort}/qcc/callback`, ...input.simulator }),
  );
  const evidence = join(folder, 'evidence');
  await openFolderStore(evidence).make();
  const env = {
    ...input.stack,
    ACCOUNT: 'test',
    TOPIC_PREFIX: `${name}.`,
    CLICKHOUSE_DATABASE: database,
    QCC_BASE_URL: simulator.baseUrl,
    QCC_KEY: simulator.key,
    QCC_SECRET_KEY: simulator.secretKey,
    QCC_DOWNLOAD_HOSTS: simulator.downloadHost,
    QCC_ALLOW_PRIVATE_HOSTS: 'true',
    SEALING_KEY: randomBytes(32).toString('base64'),
    GATEWAY_HOST: '127.0.0.1',
    GATEWAY_PORT: String(gatewayPort),
    SPOOL_DIR: join(folder, 'spool'),
    EVIDENCE_URL: pathToFileURL(evidence).href,
    RECONCILE_INTERVAL_MS: '1000',
    CALLBACK_PATIENCE_MS: '10000',
    DETAIL_DAILY_BUDGET: '1000000',
    // Tests send more orders an hour than the simulator's list names.
    UNCHECKED_ORDERS_PER_HOUR: '1000000',
    ...COMPILE_CACHE,
    ...input.env,
  };
  const clickhouse = opened.use(createClickHouse(asDefaultUser(input.stack.CLICKHOUSE_URL)));
  opened.defer(async () => void (await clickhouse.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` })));
  const kept = opened.move();
  return {
    simulator,
    stack: input.stack,
    folder,
    prefix: env.TOPIC_PREFIX,
    database,
    account: env.ACCOUNT,
    clickhouse,
    env,
    async query<Row>(sql: string) {
      const result = await clickhouse.query({
        query: sql.replaceAll('{{db}}', database),
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      return await result.json<Row>();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The four services as processes of their own against the real parts, under a prefix and database of their own. */
export async function startPipeline(input: PipelineInput): Promise<Pipeline> {
  await using opened = new AsyncDisposableStack();
  const bed = opened.use(await openTestBed(input));
  if (input.tablesBy !== 'the sink') await makeMigratedDatabase(bed.clickhouse, bed.database);
  const started = await pRetry(() => startOnFreePorts(bed), {
    retries: 2,
    minTimeout: 0,
    shouldRetry: ({ error }) => error instanceof ServiceEndedError && error.message.includes('EADDRINUSE'),
  });
  opened.use(started.services);
  const kept = opened.move();
  return { ...bed, ...started, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** A port that was free may be taken when its service listens, seconds later. @throws ServiceEndedError that says so */
async function startOnFreePorts(bed: TestBed): Promise<Pick<Pipeline, 'services' | 'adminPorts'>> {
  const ports = await steadyPorts(SERVICES.length);
  const adminPorts = Object.fromEntries(SERVICES.map((service, index) => [service, ports[index]])) as AdminPorts;
  await using opened = new AsyncDisposableStack();
  const services = opened.use(
    startServices({ env: { PATH: process.env.PATH, ...bed.env }, logDir: join(bed.folder, 'logs'), adminPorts }),
  );
  await Promise.race([servicesReady(adminPorts, { limitMs: PATIENCE.timeout }), services.failed]);
  opened.move();
  return { services, adminPorts };
}
