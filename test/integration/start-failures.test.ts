import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ROOT } from '../../stack/places.ts';

/** What a service says, and how it ends, when something that it needs is not there. */
const SEALING_KEY = Buffer.alloc(32, 7).toString('base64');
let taken: ReturnType<typeof createServer>;
let takenPort: number;
let closedPort: number;

beforeAll(async () => {
  taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  takenPort = (taken.address() as { port: number }).port;
  closedPort = await getPort({ host: '127.0.0.1' });
});
afterAll(() => new Promise((resolve) => taken.close(resolve)));

async function run(service: string, env: Record<string, string>): Promise<{ code: number; said: string }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', join(ROOT, 'services', service, 'src', 'main.ts')],
    {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env.PATH,
        ...inject('stack'),
        TOPIC_PREFIX: 'start_failures.',
        CLICKHOUSE_DATABASE: 'start_failures',
        QCC_KEY: 'key-of-the-test',
        QCC_SECRET_KEY: 'secret-of-the-test',
        QCC_BASE_URL: `http://127.0.0.1:${closedPort}`,
        SEALING_KEY,
        GATEWAY_HOST: '127.0.0.1',
        GATEWAY_PORT: '0',
        ADMIN_PORT: '0',
        ...env,
      },
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

describe('a service that cannot start says what is missing and what to do, and ends', () => {
  test.each<[string, string, () => Record<string, string>, RegExp[]]>([
    [
      'all settings that are missing or wrong at once',
      'archive-extractor',
      () => ({ QCC_KEY: '', QCC_SECRET_KEY: '', KAFKA_SESSION_TIMEOUT_MS: 'soon' }),
      [
        /3 settings are not usable/,
        /QCC_KEY is missing/,
        /QCC_SECRET_KEY is missing/,
        /KAFKA_SESSION_TIMEOUT_MS must be/,
      ],
    ],
    [
      'a sealing key of the wrong length',
      'callback-gateway',
      () => ({ SEALING_KEY: 'c2hvcnQ=' }),
      [/SEALING_KEY, entry 1/, /instead of 32/, /openssl rand/],
    ],
    [
      'Kafka that does not answer',
      'sink',
      () => ({ KAFKA_BROKERS: `127.0.0.1:${closedPort}` }),
      [/no Kafka broker answers at 127\.0\.0\.1:\d+/, /set KAFKA_BROKERS/],
    ],
    [
      'a registry behind a password, which is not said',
      'sink',
      () => ({ SCHEMA_REGISTRY_URL: `http://user:secret-of-the-test@127.0.0.1:${closedPort}` }),
      [/the schema registry at http:.*127\.0\.0\.1:\d+ does not answer/],
    ],
    [
      'a registry that does not answer',
      'detail-enricher',
      () => ({ SCHEMA_REGISTRY_URL: `http://127.0.0.1:${closedPort}` }),
      [/the schema registry at http:\/\/127\.0\.0\.1:\d+ does not answer/, /set SCHEMA_REGISTRY_URL/],
    ],
    [
      'ClickHouse that does not answer',
      'sink',
      () => ({ CLICKHOUSE_URL: `http://127.0.0.1:${closedPort}` }),
      [/ClickHouse at http:\/\/127\.0\.0\.1:\d+ does not answer/, /set CLICKHOUSE_URL/],
    ],
    [
      'topics that may not be created',
      'sink',
      () => ({ TOPIC_PREFIX: 'not_there.', KAFKA_TOPICS: 'check' }),
      [/topics are missing: .*not_there\.records \(6 partitions/, /KAFKA_TOPICS=apply/],
    ],
    [
      'schemas that may not be registered',
      'sink',
      () => ({ TOPIC_PREFIX: 'no_schemas.', SCHEMAS: 'check' }),
      [/no_schemas\.orders-value .*lacks this version's schema/, /SCHEMAS=apply/],
    ],
    [
      'tables that may not be made',
      'sink',
      () => ({ CLICKHOUSE_DATABASE: 'no_tables', MIGRATIONS: 'check' }),
      [/001_records/, /MIGRATIONS/],
    ],
    [
      'an admin port that is taken',
      'sink',
      () => ({ ADMIN_PORT: String(takenPort) }),
      [/admin port .* EADDRINUSE/, /ADMIN_PORT/],
    ],
    [
      'a callback port that is taken',
      'callback-gateway',
      () => ({ GATEWAY_PORT: String(takenPort) }),
      [/GATEWAY_PORT/, /taken|in use|EADDRINUSE/],
    ],
  ])('%s', async (_what, service, env, messages) => {
    const { code, said } = await run(service, env());
    expect(code).toBe(1);
    for (const message of messages) expect(said).toMatch(message);
    expect(said.split('\n').filter((line) => line.includes('cannot start'))).toHaveLength(1);
    expect(said).not.toContain('secret-of-the-test');
  });
});
