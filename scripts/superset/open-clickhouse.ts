import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { ANALYST, analystUsersFile } from '../../stack/analyst-login.ts';
import { runningStack } from '../../stack/background.ts';
import { killChild, startChild } from '../../stack/child.ts';
import { chooseStack } from '../../stack/choose-stack.mjs';
import { startClickHouse } from '../../stack/clickhouse.ts';
import { DATA_DIR, LOG_DIR, ROOT } from '../../stack/places.ts';
import { stackPorts } from '../../stack/stack-ports.mjs';
import { otherUses } from '../../stack/uses.ts';
import { describeProblems } from '../preflight.mjs';
import { openStack } from '../start/local-stack.ts';

export type LocalClickHouse = AsyncDisposable & { url: string; database: string; hasRecords: boolean };
type Deps = { signal: AbortSignal; say(line: string): void };

/**
 * The ClickHouse of the local stack, with the newest views: the one that is up, or one that this process starts on the stack's data.
 * If there is no data yet, it runs a simulated day first. CLICKHOUSE_URL names another ClickHouse, which is left as it is.
 * @throws Error that says what is missing
 */
export async function openLocalClickHouse({ signal, say }: Deps): Promise<LocalClickHouse> {
  const { env } = process;
  const opened = env.CLICKHOUSE_URL
    ? { url: env.CLICKHOUSE_URL, [Symbol.asyncDispose]: async () => {} }
    : await find({ signal, say });
  try {
    const settings = readSettings({ ...env, CLICKHOUSE_URL: opened.url }, CLICKHOUSE_SETTINGS);
    const database = settings.CLICKHOUSE_DATABASE;
    // First, so that a ClickHouse of somebody else on the port is left as it is.
    await assertAnalyst(opened.url);
    if (!env.CLICKHOUSE_URL) {
      await using client = createClickHouse(settings);
      await migrate(client, { database, mode: 'apply' });
    }
    const hasRecords = await holdsRecords(opened.url);
    return { url: opened.url, database, hasRecords, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

async function find({ signal, say }: Deps): Promise<AsyncDisposable & { url: string }> {
  const nothing = async () => {};
  const running = await runningStack();
  if (running) return { url: running.CLICKHOUSE_URL, [Symbol.asyncDispose]: nothing };
  const port = stackPorts(process.env).clickhouse;
  if (otherUses().some(({ command }) => command === 'npm start')) {
    return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: nothing };
  }
  const { kind, problems, notice } = await chooseStack(process.env);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  if (notice) say(notice);
  const dir = join(DATA_DIR, 'clickhouse');
  if (kind === 'docker') {
    if (!existsSync(dir)) await simulateDay({ signal, say });
    const stack = await openStack({ kind, signal, progress: say });
    return { url: stack.env.CLICKHOUSE_URL, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
  }
  const start = async () => {
    const begun = performance.now();
    const usersFile = analystUsersFile(process.env);
    const server = await startClickHouse({ dir, port, logFile: join(LOG_DIR, 'clickhouse.log'), usersFile, signal });
    say(`ClickHouse is ready after ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
    return server;
  };
  let server = existsSync(dir) ? await start() : undefined;
  // A stack without services leaves a ClickHouse without records.
  if (!server || !(await holdsRecords(server.url))) {
    await server?.stop();
    await simulateDay({ signal, say });
    server = await start();
  }
  return { url: server.url, [Symbol.asyncDispose]: server.stop };
}

async function holdsRecords(url: string): Promise<boolean> {
  const settings = readSettings({ ...process.env, CLICKHOUSE_URL: url }, CLICKHOUSE_SETTINGS);
  await using client = createClickHouse(settings);
  const result = await client.query({
    query: `SELECT sum(total_rows) > 0 AS is_filled FROM system.tables WHERE database = {database: String} AND name = 'record_history'`,
    query_params: { database: settings.CLICKHOUSE_DATABASE },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ is_filled: 0 | 1 }>();
  return row?.is_filled === 1;
}

async function simulateDay({ signal, say }: Deps): Promise<void> {
  say('There is no data yet: a simulated day comes first (npm start -- --once).');
  const script = join(ROOT, 'scripts', 'start.ts');
  const child = startChild(process.execPath, [...process.execArgv, script, '--once'], { cwd: ROOT, stdio: 'inherit' });
  const kill = () => killChild(child);
  signal.addEventListener('abort', kill, { once: true });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', resolve);
  });
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  if (code !== 0) throw new Error('the simulated day failed: see above, or run `npm start` first');
}

/** @throws Error with the remedy if BI tools cannot read there */
async function assertAnalyst(url: string): Promise<void> {
  const address = new URL(url);
  address.search = new URLSearchParams({ user: ANALYST, query: 'SELECT 1' }).toString();
  const response = await fetch(address, { signal: AbortSignal.timeout(10_000) });
  if (response.ok) return;
  throw new Error(
    `ClickHouse at ${url} has no login ${ANALYST}. A stack that an older version started has none: end it and start it again ` +
      '(`npm run stack -- --down`, `npm run stack`).',
  );
}
