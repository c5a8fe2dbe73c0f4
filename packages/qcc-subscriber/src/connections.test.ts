import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readConnections } from './connections.ts';
import { SubscriptionError } from './errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcc-subscriber-'));
afterAll(() => rmSync(folder, { recursive: true }));
const pem = (name: string): string => {
  const file = join(folder, name);
  writeFileSync(file, name);
  return file;
};
const OPTIONS = { topic: 'enriched-records', group: 'g', from: 'history' } as const;

test('without options and environment it is the local stack, without TLS and logins', () => {
  expect(readConnections(OPTIONS, {})).toEqual({
    prefix: '',
    kafka: { brokers: ['127.0.0.1:9092'], sessionTimeoutMs: 10_000 },
    registry: { url: 'http://127.0.0.1:8081/apis/ccompat/v7' },
    clickhouse: { url: 'http://127.0.0.1:8123', database: 'qcc' },
  });
});

test('the environment names addresses, logins and the files of authorities', () => {
  const env = {
    TOPIC_PREFIX: 'p.',
    KAFKA_BROKERS: 'a:9093, b:9093',
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: 'u',
    KAFKA_SASL_PASSWORD: 'p',
    KAFKA_SSL_CA_FILE: pem('kafka-ca'),
    KAFKA_SSL_CERT_FILE: pem('cert'),
    KAFKA_SSL_KEY_FILE: pem('key'),
    SCHEMA_REGISTRY_URL: 'https://r',
    SCHEMA_REGISTRY_USERNAME: 'ru',
    SCHEMA_REGISTRY_PASSWORD: 'rp',
    SCHEMA_REGISTRY_CA_FILE: pem('registry-ca'),
    CLICKHOUSE_URL: 'https://c1,https://c2',
    CLICKHOUSE_USER: 'cu',
    CLICKHOUSE_PASSWORD: 'cp',
    CLICKHOUSE_CA_FILE: pem('clickhouse-ca'),
    CLICKHOUSE_DATABASE: 'd',
  };
  const connections = {
    prefix: 'p.',
    kafka: {
      brokers: ['a:9093', 'b:9093'],
      sessionTimeoutMs: 10_000,
      ssl: { ca: 'kafka-ca', cert: 'cert', key: 'key' },
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
    },
    registry: { url: 'https://r', username: 'ru', password: 'rp', ca: 'registry-ca' },
    clickhouse: { url: 'https://c1', username: 'cu', password: 'cp', ca: 'clickhouse-ca', database: 'd' },
  };
  expect(readConnections(OPTIONS, env)).toEqual(connections);
  const options = { ...OPTIONS, clickhouse: { database: 'other' }, kafka: { brokers: ['c:9093'], ssl: true } };
  expect(readConnections(options, env)).toEqual({
    ...connections,
    kafka: { ...connections.kafka, brokers: ['c:9093'], ssl: true },
    clickhouse: { ...connections.clickhouse, database: 'other' },
  });
});

test.each([
  [
    { KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' },
    /KAFKA_SASL_MECHANISM is SCRAM-SHA-512/,
  ],
  [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' }, /KAFKA_SASL_PASSWORD/],
  [{ KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }, /KAFKA_SASL_MECHANISM/],
  [{ KAFKA_SSL_CERT_FILE: join(folder, 'cert') }, /KAFKA_SSL_KEY_FILE/],
  [{ CLICKHOUSE_CA_FILE: '/nowhere' }, /CLICKHOUSE_CA_FILE.*nowhere/],
])('half a login, and a file that is not there, are refused: %s', (env, message) => {
  pem('cert');
  expect(() => readConnections(OPTIONS, env)).toThrow(message);
  expect(() => readConnections(OPTIONS, env)).toThrow(SubscriptionError);
});
