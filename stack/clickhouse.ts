import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Part, type PartOptions, startPart } from './part.ts';
import { assertPortFree } from './port-free.mjs';

export type ClickHouse = Part & { readonly url: string };

export type ClickHouseOptions = PartOptions & {
  /** Further users as a users file (XML); without it `default` is the only one. */
  usersFile?: string;
  /** Of the server, such as `Asia/Shanghai`; UTC unless said. */
  timeZone?: string;
};

/**
 * Starts ClickHouse over HTTP (user `default`, no password) from the npm package `chdb`. Two processes on one folder
 * are refused by the engine.
 */
export async function startClickHouse({
  dir,
  port,
  logFile,
  signal,
  usersFile,
  timeZone = 'UTC',
}: ClickHouseOptions): Promise<ClickHouse> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `ClickHouse without Docker needs Linux on x64, this is ${process.platform} on ${process.arch}: use Docker (QCC_STACK=docker)`,
    );
  }
  await assertPortFree('ClickHouse', port, 'STACK_CLICKHOUSE_PORT');
  mkdirSync(dir, { recursive: true });
  const url = `http://127.0.0.1:${port}`;
  const part = await startPart({
    name: 'ClickHouse',
    dir,
    logFile,
    ...(signal && { signal }),
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'clickhouse-launcher.ts'),
      ...(usersFile === undefined ? [] : ['--config-file', writeConfig(`${dir}-users`, usersFile)]),
      ...['--path', dir, '--listen_host', '127.0.0.1', '--http_port', String(port)],
      ...['--query', "SYSTEM START LISTEN HTTP; SELECT count() FROM file('-', 'LineAsString', 'line String')"],
    ],
    // The engine reads config.xml from its working directory, so it runs in its data folder.
    cwd: dir,
    env: { TZ: timeZone },
    endBy: 'closing stdin',
    ready: async () => {
      // The query asks for the data folder, because another server may have taken the port; the engine only logs that error.
      const query = encodeURIComponent("SELECT path FROM system.disks WHERE name = 'default'");
      const answer = await fetch(`${url}/?query=${query}`, {
        // The engine waits for idle connections before it ends.
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(2_000),
      });
      return (await answer.text()).trim().startsWith(dir);
    },
  });
  return { ...part, url };
}

/**
 * Writes a configuration that has the user `default` and those of the users file, next to which the engine looks for more in
 * `users.d`.
 * @returns its path
 */
function writeConfig(folder: string, usersFile: string): string {
  const more = join(folder, 'users.d');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(more, { recursive: true, mode: 0o700 });
  writeFileSync(join(more, 'readers.xml'), usersFile, { mode: 0o600 });
  writeFileSync(
    join(folder, 'users.xml'),
    `<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users><default><password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></clickhouse>`,
  );
  const configFile = join(folder, 'config.xml');
  writeFileSync(configFile, `<clickhouse><users_config>${join(folder, 'users.xml')}</users_config></clickhouse>`);
  return configFile;
}
