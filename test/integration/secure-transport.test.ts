import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { requireClickHouse } from 'qcc-clickhouse/require-clickhouse';
import { connectCodec } from 'qcc-core/avro/codec';
import { CLICKHOUSE_SETTINGS, COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { steadyPort } from '../../stack/ports.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { createAuthority } from '../harness/certificates.ts';
import { PATIENCE } from '../harness/patience.ts';
import { startService } from '../harness/start-service.ts';
import { openTlsDoor, type TlsDoor } from '../harness/tls-door.ts';

/**
 * TLS and login at all three parts, with certificates made here. Kafka has doors of its own; registry and ClickHouse, whose
 * local endpoints speak plain HTTP only, stand behind a terminator that asks for the login. All certificates are for
 * `localhost` alone, so `127.0.0.1` is the wrong host name.
 */
const stack = inject('stack');
const doors = inject('kafkaDoors');
const LOGIN = { username: 'carol', password: 'carol-of-the-test' };
const WRONG = 'wrong-of-the-test';
const TOPIC_PREFIX = 'secure_transport.';
type Env = Record<string, string>;

let folder: string;
let files: { ca: string; otherCa: string; alienCert: string; alienKey: string };
let registryDoor: TlsDoor;
let clickhouseDoor: TlsDoor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-transport-'));
  const [authority, other] = await Promise.all([createAuthority('terminator'), createAuthority('somebody else')]);
  const [certificate, alien] = await Promise.all([
    authority.issue({ commonName: 'localhost', hosts: ['localhost'] }),
    other.issue({ commonName: 'client' }),
  ]);
  const save = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  files = {
    ca: await save('ca.pem', authority.certificate),
    otherCa: await save('other-ca.pem', other.certificate),
    alienCert: await save('alien.pem', alien.certificate),
    alienKey: await save('alien-key.pem', alien.key),
  };
  registryDoor = await openTlsDoor({ certificate, login: LOGIN, target: stack.SCHEMA_REGISTRY_URL });
  clickhouseDoor = await openTlsDoor({ certificate, login: LOGIN, target: stack.CLICKHOUSE_URL });
});
afterAll(async () => {
  await registryDoor?.[Symbol.asyncDispose]();
  await clickhouseDoor?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const withIp = (address: string): string => address.replace('localhost', '127.0.0.1');
const registryPath = new URL(stack.SCHEMA_REGISTRY_URL).pathname;

const registryEnv = (): Env => ({
  SCHEMA_REGISTRY_URL: `https://localhost:${registryDoor.port}${registryPath}`,
  SCHEMA_REGISTRY_USERNAME: LOGIN.username,
  SCHEMA_REGISTRY_PASSWORD: LOGIN.password,
  SCHEMA_REGISTRY_CA_FILE: files.ca,
});
const clickhouseEnv = (): Env => ({
  CLICKHOUSE_URL: `https://localhost:${clickhouseDoor.port}`,
  CLICKHOUSE_USER: LOGIN.username,
  CLICKHOUSE_PASSWORD: LOGIN.password,
  CLICKHOUSE_CA_FILE: files.ca,
});

/** What the failed attempt said: one sentence of ours, with its causes behind it. */
async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('the attempt succeeded');
  for (const secret of [LOGIN.password, WRONG, ...(doors ? [doors.plain.password, doors.scram.password] : [])]) {
    expect(error.message).not.toContain(secret);
  }
  expect(error.message).not.toContain('[object Object]');
  return error.message;
}

// Skipped on a stack that was not started by this run, because it has no doors with TLS.
describe.skipIf(doors === null)('Kafka', () => {
  const kafkaDoors = doors!;
  const login = (mechanism: string, { username, password }: { username: string; password: string }): Env => ({
    KAFKA_BROKERS: kafkaDoors.sasl,
    KAFKA_SSL_CA_FILE: kafkaDoors.caFile,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  });
  const scram = () => login('scram-sha-512', kafkaDoors.scram);
  const mutual = (): Env => ({
    KAFKA_BROKERS: kafkaDoors.mutual,
    KAFKA_SSL_CA_FILE: kafkaDoors.caFile,
    KAFKA_SSL_CERT_FILE: kafkaDoors.certFile,
    KAFKA_SSL_KEY_FILE: kafkaDoors.keyFile,
  });
  const connect = (env: Env) => {
    const settings = readSettings({ TOPIC_PREFIX, KAFKA_TOPICS: 'check', ...env }, COMMON_SETTINGS);
    return { settings, kafka: createKafka({ settings, clientId: 'test', logCreator: () => () => {} }) };
  };

  test.concurrent.each<[string, () => Env]>([
    ['a password by PLAIN', () => login('plain', kafkaDoors.plain)],
    ['a password by SCRAM-SHA-256', () => login('scram-sha-256', kafkaDoors.scram)],
    ['a password by SCRAM-SHA-512', scram],
    ["the client's certificate", mutual],
  ])('lets in %s', async (_what, env) => {
    const admin = connect(env()).kafka.admin();
    await admin.connect();
    expect(await admin.listTopics()).toBeInstanceOf(Array);
    await admin.disconnect();
  });

  test.concurrent.each<[string, () => Env, RegExp]>([
    [
      'an authority that did not sign',
      () => ({ ...scram(), KAFKA_SSL_CA_FILE: files.otherCa }),
      /^Kafka at localhost:\d+ .*no known authority signed.* set KAFKA_SSL_CA_FILE/,
    ],
    [
      'a wrong password by SCRAM',
      () => ({ ...scram(), KAFKA_SASL_PASSWORD: WRONG }),
      /^Kafka at localhost:\d+ refuses the login of user bob by scram-sha-512: check KAFKA_SASL_USERNAME/,
    ],
    [
      'a wrong password by PLAIN',
      () => login('plain', { ...kafkaDoors.plain, password: WRONG }),
      /^Kafka at localhost:\d+ refuses the login of user alice by plain/,
    ],
    [
      'another host name',
      () => ({ ...scram(), KAFKA_BROKERS: withIp(kafkaDoors.sasl) }),
      /^Kafka at 127\.0\.0\.1:\d+ .*for another host name: set KAFKA_BROKERS/,
    ],
    [
      'no TLS',
      () => ({ ...scram(), KAFKA_SSL_CA_FILE: '' }),
      /^Kafka at localhost:\d+ closes the connection.* TLS, by KAFKA_SSL_CA_FILE/,
    ],
    [
      'no login',
      () => ({ KAFKA_BROKERS: kafkaDoors.sasl, KAFKA_SSL_CA_FILE: kafkaDoors.caFile }),
      /^Kafka at localhost:\d+ closes the connection.* a login, by KAFKA_SASL_MECHANISM/,
    ],
    [
      'TLS at the plain door',
      () => ({ ...mutual(), KAFKA_BROKERS: stack.KAFKA_BROKERS }),
      /^Kafka at .* does not speak TLS: unset KAFKA_SSL_CA_FILE/,
    ],
    [
      'a login where none is taken',
      () => ({ ...scram(), KAFKA_BROKERS: stack.KAFKA_BROKERS, KAFKA_SSL_CA_FILE: '' }),
      /^Kafka at .* takes no login there: unset KAFKA_SASL_MECHANISM/,
    ],
    [
      'no certificate of its own',
      () => ({ ...mutual(), KAFKA_SSL_CERT_FILE: '', KAFKA_SSL_KEY_FILE: '' }),
      /^Kafka at localhost:\d+ asks for a client certificate.* set KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE/,
    ],
    [
      "somebody else's certificate",
      () => ({ ...mutual(), KAFKA_SSL_CERT_FILE: files.alienCert, KAFKA_SSL_KEY_FILE: files.alienKey }),
      /^Kafka at localhost:\d+ .*refuses the one it got/,
    ],
  ])('keeps out, and it is said why: %s', { tags: 'whole' }, async (_what, env, message) => {
    const { kafka, settings } = connect(env());
    expect(await refusal(ensureTopics(kafka, settings))).toMatch(message);
  });

  test('half a login, and a certificate without its key, are refused before any connection', () => {
    const halves = { ...mutual(), KAFKA_SSL_KEY_FILE: '', KAFKA_SASL_USERNAME: 'bob' };
    expect(() => connect(halves)).toThrow(
      /KAFKA_SASL_MECHANISM and KAFKA_SASL_PASSWORD missing[\s\S]*KAFKA_SSL_KEY_FILE/,
    );
  });

  test('a whole service runs over TLS and logins at all three, and ends well', async () => {
    const adminPort = await steadyPort();
    await using evidence = await makeTemporaryFolder('qcc-secure-');
    await openFolderStore(evidence.path).make();
    await using service = startService('sink', {
      TOPIC_PREFIX,
      EVIDENCE_URL: `file:${evidence.path}`,
      CLICKHOUSE_DATABASE: 'secure_transport',
      ADMIN_PORT: String(adminPort),
      ...scram(),
      ...registryEnv(),
      ...clickhouseEnv(),
    });
    const readyz = vi.waitFor(
      async () => expect((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status).toBe(200),
      PATIENCE,
    );
    await Promise.race([readyz, service.ended.then(({ said }) => Promise.reject(new Error(said)))]);
    service.stop();
    expect(await service.ended).toEqual({ code: 0, said: '' });
  });

  test.each<[string, () => Env, RegExp]>([
    ['Kafka', () => ({ KAFKA_SASL_PASSWORD: WRONG }), /^sink cannot start: Kafka at .* refuses the login of user bob/],
    [
      'ClickHouse',
      () => ({ CLICKHOUSE_PASSWORD: WRONG }),
      /^sink cannot start: the server at https:\/\/localhost:\d+ is not ClickHouse, or blocks access to it/,
    ],
  ])(
    'a whole service that %s keeps out says so once, without a secret, and ends with 1',
    async (_what, env, message) => {
      await using service = startService('sink', {
        TOPIC_PREFIX,
        ADMIN_PORT: '0',
        ...scram(),
        ...registryEnv(),
        ...clickhouseEnv(),
        ...env(),
      });
      const { code, said } = await service.ended;
      expect(code).toBe(1);
      expect(said).toMatch(message);
      expect(said.match(/cannot start/g)).toHaveLength(1);
      for (const secret of [WRONG, LOGIN.password, kafkaDoors.scram.password]) expect(said).not.toContain(secret);
    },
  );
});

describe('the schema registry', () => {
  const connect = (env: Env) => connectCodec(readSettings({ TOPIC_PREFIX, ...env }, COMMON_SETTINGS));

  test('lets in the right login over TLS, and takes schemas', async () => {
    expect((await connect(registryEnv())).encode).toBeInstanceOf(Function);
  });

  test.concurrent.each<[string, () => Env, RegExp]>([
    [
      'an authority that did not sign',
      () => ({ SCHEMA_REGISTRY_CA_FILE: files.otherCa }),
      /^the schema registry at https:\/\/localhost.*no known authority signed.*set SCHEMA_REGISTRY_CA_FILE/,
    ],
    [
      'a wrong password',
      () => ({ SCHEMA_REGISTRY_PASSWORD: WRONG }),
      /^the schema registry at .* refuses the login of user carol \(HTTP 401\): check SCHEMA_REGISTRY_USERNAME/,
    ],
    ['no login', () => ({ SCHEMA_REGISTRY_USERNAME: '' }), /refuses a client without a login \(HTTP 401\)/],
    [
      'another host name',
      () => ({ SCHEMA_REGISTRY_URL: withIp(registryEnv().SCHEMA_REGISTRY_URL!) }),
      /^the schema registry at https:\/\/127\.0\.0\.1.*for another host name: set SCHEMA_REGISTRY_URL/,
    ],
    [
      'no TLS',
      () => ({ SCHEMA_REGISTRY_URL: registryEnv().SCHEMA_REGISTRY_URL!.replace('https', 'http') }),
      /^the schema registry at http:\/\/localhost.*if it speaks TLS, write https:\/\//,
    ],
    [
      'TLS at the plain door',
      () => ({ SCHEMA_REGISTRY_URL: stack.SCHEMA_REGISTRY_URL.replace('http', 'https') }),
      /^the schema registry at https:\/\/.* does not speak TLS: write http:\/\//,
    ],
    [
      'another path',
      () => ({ SCHEMA_REGISTRY_URL: `https://localhost:${registryDoor.port}/apis` }),
      /^no schema registry answers at https:\/\/localhost:\d+\/apis \(HTTP \d+\): set SCHEMA_REGISTRY_URL/,
    ],
  ])('keeps out, and it is said why: %s', async (_what, env, message) => {
    expect(await refusal(connect({ ...registryEnv(), ...env() }))).toMatch(message);
  });
});

describe('ClickHouse', () => {
  const connect = async (env: Env) => {
    const settings = readSettings(env, CLICKHOUSE_SETTINGS);
    await using client = createClickHouse(settings);
    await requireClickHouse(client, settings);
  };

  test('lets in the right login over TLS', async () => {
    await expect(connect(clickhouseEnv())).resolves.toBeUndefined();
  });

  test.concurrent.each<[string, () => Env, RegExp]>([
    [
      'an authority that did not sign',
      () => ({ CLICKHOUSE_CA_FILE: files.otherCa }),
      /^ClickHouse at https:\/\/localhost.*no known authority signed.*set CLICKHOUSE_CA_FILE/,
    ],
    [
      'a wrong password at the terminator',
      () => ({ CLICKHOUSE_PASSWORD: WRONG }),
      /^the server at https:\/\/localhost:\d+ is not ClickHouse, or blocks access to it: check .*CLICKHOUSE_PASSWORD/,
    ],
    [
      'a wrong login at ClickHouse itself',
      () => ({ CLICKHOUSE_URL: stack.CLICKHOUSE_URL, CLICKHOUSE_USER: 'nobody' }),
      /^ClickHouse at http:\/\/.* refuses the login of user nobody: check CLICKHOUSE_USER/,
    ],
    [
      'another host name',
      () => ({ CLICKHOUSE_URL: withIp(clickhouseEnv().CLICKHOUSE_URL!) }),
      /^ClickHouse at https:\/\/127\.0\.0\.1.*for another host name: set CLICKHOUSE_URL/,
    ],
    [
      'no TLS',
      () => ({ CLICKHOUSE_URL: clickhouseEnv().CLICKHOUSE_URL!.replace('https', 'http') }),
      /^ClickHouse at http:\/\/localhost.*if it speaks TLS, write https:\/\//,
    ],
    [
      'TLS at the plain door',
      () => ({ CLICKHOUSE_URL: stack.CLICKHOUSE_URL.replace('http', 'https') }),
      /^ClickHouse at https:\/\/.* does not speak TLS: write http:\/\//,
    ],
  ])('keeps out, and it is said why: %s', async (_what, env, message) => {
    expect(await refusal(connect({ ...clickhouseEnv(), ...env() }))).toMatch(message);
  });
});
