import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readConnections } from './connections.ts';
import { SubscriptionError } from './errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcc-subscriber-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fileWith = (name: string, content: string): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};
const pem = (name: string): string => fileWith(name, name);
const OPTIONS = { topic: 'enriched-records', group: 'g', from: 'history' } as const;
const LOCAL_STACK = {
  prefix: '',
  kafka: { brokers: ['127.0.0.1:9092'], sessionTimeoutMs: 10_000 },
  registry: { url: 'http://127.0.0.1:8081/apis/ccompat/v7' },
  clickhouse: { url: 'http://127.0.0.1:8123', database: 'qcc' },
};
const ENVIRONMENT = {
  TOPIC_PREFIX: 'p.',
  KAFKA_BROKERS: 'a:9093, b:9093,',
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

test('without options and environment it is the local stack, without TLS and logins', () => {
  expect(readConnections(OPTIONS, {})).toEqual(LOCAL_STACK);
});

test('an empty variable counts as absent, as deployment templates leave it', () => {
  const env = Object.fromEntries(Object.keys(ENVIRONMENT).map((name) => [name, '']));
  expect(readConnections(OPTIONS, env)).toEqual(LOCAL_STACK);
});

test('each variable may be in a file that NAME_FILE names', () => {
  const files = Object.fromEntries(
    Object.entries(ENVIRONMENT).map(([name, value]) => [`${name}_FILE`, fileWith(`${name}.txt`, `${value}\n`)]),
  );
  expect(readConnections(OPTIONS, files)).toEqual(readConnections(OPTIONS, ENVIRONMENT));
});

test('a variable goes before its file, and an empty one does not', () => {
  const TOPIC_PREFIX_FILE = fileWith('prefix', 'file.');
  expect(readConnections(OPTIONS, { TOPIC_PREFIX_FILE, TOPIC_PREFIX: 'p.' }).prefix).toBe('p.');
  expect(readConnections(OPTIONS, { TOPIC_PREFIX_FILE, TOPIC_PREFIX: '' }).prefix).toBe('file.');
});

test('a password of ClickHouse without a user is kept: it is that of the user default', () => {
  expect(readConnections(OPTIONS, { CLICKHOUSE_PASSWORD: 'cp' }).clickhouse).toMatchObject({ password: 'cp' });
});

test('the environment names addresses, logins and the files of authorities', () => {
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
  expect(readConnections(OPTIONS, ENVIRONMENT)).toEqual(connections);
  const options = { ...OPTIONS, clickhouse: { database: 'other' }, kafka: { brokers: ['c:9093'], ssl: true } };
  expect(readConnections(options, ENVIRONMENT)).toEqual({
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
  [{ CLICKHOUSE_PASSWORD_FILE: '/nowhere' }, /CLICKHOUSE_PASSWORD_FILE.*nowhere/],
  [{ CLICKHOUSE_CA_FILE_FILE: '/nowhere' }, /CLICKHOUSE_CA_FILE_FILE.*nowhere/],
])('half a login, and a file that is not there, are refused: %s', (env, message) => {
  pem('cert');
  expect(() => readConnections(OPTIONS, env)).toThrow(message);
  expect(() => readConnections(OPTIONS, env)).toThrow(SubscriptionError);
});

const WITH_PASSWORD = 'https://user:hunter2@host:8443/path';

test.each<[string, object, Record<string, string>]>([
  ['the registry, from an option', { registry: { url: WITH_PASSWORD } }, {}],
  ['the registry, from the environment', {}, { SCHEMA_REGISTRY_URL: WITH_PASSWORD }],
  ['the registry, with a user only', { registry: { url: 'https://user@host' } }, {}],
  ['ClickHouse, from an option', { clickhouse: { url: WITH_PASSWORD } }, {}],
  ['ClickHouse, from the environment', {}, { CLICKHOUSE_URL: `${WITH_PASSWORD},https://c2` }],
])('a login in the URL of %s is refused, because logs and errors name URLs', (_, given, env) => {
  const read = () => readConnections({ ...OPTIONS, ...given }, env);
  expect(read).toThrow(SubscriptionError);
  expect(read).toThrow(
    /^the URLs of registry and ClickHouse must hold no user and password: use `username` and `password`$/,
  );
});
