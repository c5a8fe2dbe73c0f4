import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(import.meta.resolve('./main.ts'));

test.each([
  { what: 'standard output', streams: ['stdout'] },
  { what: 'both outputs', streams: ['stdout', 'stderr'] },
] as const)(
  'a command does its work and ends with its own exit code, even if the reader closes $what early',
  async ({ streams }) => {
    let asked = 0;
    await using qcc = await startLoopbackServer((_request, response) => {
      asked += 1;
      response.end('{"status":"200"}');
    });
    const away = { KAFKA_BROKERS: '127.0.0.1:1', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' };
    const child = spawn(process.execPath, ['--no-warnings', MAIN, 'callback', 'activate'], {
      env: { ...process.env, ...away, QCC_BASE_URL: qcc.url, QCC_KEY: 'key', QCC_SECRET_KEY: 'secret' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of streams) child[stream].destroy();
    // It prints that QCC sends callbacks again, and then fails because it cannot record this.
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(asked).toBe(1);
  },
);
