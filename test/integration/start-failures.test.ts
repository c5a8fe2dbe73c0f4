import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { ServiceName } from '../../scripts/admin-ports.mjs';
import { steadyPort } from '../../stack/ports.ts';
import { startService } from '../harness/start-service.ts';

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
  closedPort = await steadyPort();
});
afterAll(() => new Promise((resolve) => taken.close(resolve)));

async function run(service: ServiceName, env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  await using started = startService(service, {
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
  });
  return await started.ended;
}

describe.concurrent('a service that cannot start says what is missing and what to do, and ends', () => {
  test.each<[string, ServiceName, () => Record<string, string>, RegExp[]]>([
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
      'ClickHouse that refuses the login',
      'sink',
      () => ({ CLICKHOUSE_USER: 'nobody', CLICKHOUSE_PASSWORD: 'secret-of-the-test' }),
      [/ClickHouse at http:\/\/127\.0\.0\.1:\d+ refuses the login of user nobody/, /check CLICKHOUSE_USER/],
    ],
    [
      'a registry under another path',
      'sink',
      () => ({ SCHEMA_REGISTRY_URL: `${new URL(inject('stack').SCHEMA_REGISTRY_URL).origin}/not/there` }),
      [/no schema registry answers at http:\/\/127\.0\.0\.1:\d+\/not\/there/, /set SCHEMA_REGISTRY_URL/],
    ],
    [
      'logins in addresses, and an authority that is no PEM file',
      'sink',
      () => ({
        SCHEMA_REGISTRY_URL: `http://me:secret-of-the-test@127.0.0.1:${closedPort}`,
        CLICKHOUSE_URL: `http://me:secret-of-the-test@127.0.0.1:${closedPort}`,
        KAFKA_SSL_CA_FILE: '/dev/null',
      }),
      [
        /SCHEMA_REGISTRY_URL must hold no user and password/,
        /CLICKHOUSE_URL must hold no user and password/,
        /KAFKA_SSL_CA_FILE must be the path of a PEM file/,
      ],
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
      [/no_schemas\.\S+-value .*lacks this version's schema/, /SCHEMAS=apply/],
    ],
    [
      'tables that may not be made',
      'sink',
      () => ({ CLICKHOUSE_DATABASE: 'no_tables', MIGRATIONS: 'check' }),
      [/001_records/, /MIGRATIONS/],
    ],
    ...(['archive-extractor', 'detail-enricher', 'sink'] as const).map(
      (service): [string, ServiceName, () => Record<string, string>, RegExp[]] => [
        `an evidence store that is not there: ${service}`,
        service,
        () => ({ EVIDENCE_URL: pathToFileURL(join(tmpdir(), 'qcc-mistyped', 'evidence')).href }),
        [/no evidence store in \/.*\/qcc-mistyped\/evidence/, /EVIDENCE_URL/, /qcc evidence init/],
      ],
    ),
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
    expect(said).not.toContain('[object Object]');
  });
});
