import { readFileSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { type Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { describeError } from 'qcc-core/base/errors';
import { readVariable } from 'qcc-core/base/read-variable';
import type { SettingName } from 'qcc-core/base/settings';
import { openKafka } from 'qcc-core/kafka/client/open-kafka';
import { SubscriptionError } from './errors.ts';
import type {
  ChangeTopic,
  ClickHouseOptions,
  KafkaOptions,
  Log,
  RegistryOptions,
  SubscribeOptions,
} from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;
/** Reads a variable as the services do; undefined if it is absent or empty. */
type Read = (name: SettingName) => string | undefined;

const SESSION_TIMEOUT_MS = 10_000;

export type Connections = {
  prefix: string;
  kafka: KafkaOptions & { brokers: readonly string[]; sessionTimeoutMs: number };
  registry: RegistryOptions & { url: string };
  clickhouse: ClickHouseOptions & { url: string; database: string };
};

/**
 * What the options say, else the environment, else the local stack. Reads the environment as the services do: an empty variable counts as
 * absent, and each may be in a file that NAME_FILE names.
 * @throws SubscriptionError for a file that cannot be read, half a login, or a URL with a login
 */
export function readConnections<Topic extends ChangeTopic>(
  options: SubscribeOptions<Topic>,
  env: Environment,
): Connections {
  const { kafka = {}, registry = {}, clickhouse = {} } = options;
  const read: Read = (name) => readFrom(env, name);
  const [registryCa, clickhouseCa] = [readPem(read, 'SCHEMA_REGISTRY_CA_FILE'), readPem(read, 'CLICKHOUSE_CA_FILE')];
  const [registryUser, registryPassword] = [read('SCHEMA_REGISTRY_USERNAME'), read('SCHEMA_REGISTRY_PASSWORD')];
  const [clickhouseUser, clickhousePassword] = [read('CLICKHOUSE_USER'), read('CLICKHOUSE_PASSWORD')];
  const ssl = kafka.ssl ?? sslOf(read);
  const sasl = kafka.sasl ?? saslOf(read);
  const registryUrl = registry.url ?? read('SCHEMA_REGISTRY_URL') ?? 'http://127.0.0.1:8081/apis/ccompat/v7';
  // Several addresses are replicas; the snapshot is read from the first one.
  const clickhouseUrl = clickhouse.url ?? listOf(read('CLICKHOUSE_URL') ?? '')[0] ?? 'http://127.0.0.1:8123';
  // Errors name the URL.
  if ([registryUrl, clickhouseUrl].some(hasLogin))
    throw new SubscriptionError(
      'the URLs of registry and ClickHouse must hold no user and password: use `username` and `password`',
    );
  return {
    prefix: options.topicPrefix ?? read('TOPIC_PREFIX') ?? '',
    kafka: {
      ...kafka,
      brokers: kafka.brokers ?? listOf(read('KAFKA_BROKERS') ?? '127.0.0.1:9092'),
      sessionTimeoutMs: kafka.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
      ...(ssl && { ssl }),
      ...(sasl && { sasl }),
    },
    registry: {
      ...(registryUser !== undefined && { username: registryUser, password: registryPassword ?? '' }),
      ...(registryCa !== undefined && { ca: registryCa }),
      ...registry,
      url: registryUrl,
    },
    clickhouse: {
      // A password alone is that of the user `default`.
      ...(clickhouseUser !== undefined && { username: clickhouseUser }),
      ...(clickhousePassword !== undefined && { password: clickhousePassword }),
      ...(clickhouseCa !== undefined && { ca: clickhouseCa }),
      ...clickhouse,
      url: clickhouseUrl,
      database: clickhouse.database ?? read('CLICKHOUSE_DATABASE') ?? 'qcc',
    },
  };
}

function readFrom(env: Environment, name: SettingName): string | undefined {
  try {
    return readVariable(env, name);
  } catch (cause) {
    const file = `${name}_FILE`;
    throw new SubscriptionError(`${file} is ${env[file]}, which cannot be read: ${describeError(cause)}`, { cause });
  }
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

function hasLogin(url: string): boolean {
  const parsed = URL.parse(url);
  return Boolean(parsed?.username || parsed?.password);
}

function readPem(read: Read, name: SettingName): string | undefined {
  const path = read(name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SubscriptionError(`${name} is ${path}, which cannot be read: ${describeError(cause)}`, { cause });
  }
}

function sslOf(read: Read): KafkaOptions['ssl'] {
  const ca = readPem(read, 'KAFKA_SSL_CA_FILE');
  const [cert, key] = [readPem(read, 'KAFKA_SSL_CERT_FILE'), readPem(read, 'KAFKA_SSL_KEY_FILE')];
  if ((cert === undefined) !== (key === undefined))
    throw new SubscriptionError('KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE are set together or not at all');
  if (ca === undefined && cert === undefined) return undefined;
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && key !== undefined && { cert, key }) };
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

function saslOf(read: Read): KafkaOptions['sasl'] {
  const [given, username, password] = [
    read('KAFKA_SASL_MECHANISM'),
    read('KAFKA_SASL_USERNAME'),
    read('KAFKA_SASL_PASSWORD'),
  ];
  if (given === undefined && username === undefined && password === undefined) return undefined;
  if (given === undefined || username === undefined || password === undefined)
    throw new SubscriptionError(
      'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are set together or not at all',
    );
  const mechanism = MECHANISMS.find((each) => each === given);
  if (!mechanism)
    throw new SubscriptionError(`KAFKA_SASL_MECHANISM is ${given}, and must be one of ${MECHANISMS.join(', ')}`);
  return { mechanism, username, password };
}

/** A client with the guards of the pipeline; opens no connection yet. */
export const createKafka = ({ kafka }: Connections, { group, log }: { group: string; log: Log }): Kafka =>
  openKafka({
    brokers: kafka.brokers,
    clientId: kafka.clientId ?? group,
    sessionTimeoutMs: kafka.sessionTimeoutMs,
    ssl: kafka.ssl,
    sasl: kafka.sasl as SASLOptions | undefined,
    logCreator:
      () =>
      ({ level, log: { message, error } }) => {
        const text = `kafkajs: ${[message, error].filter(Boolean).join(': ')}`;
        if (level === logLevel.ERROR) log.error(text);
        else if (level === logLevel.WARN) log.warn(text);
      },
  });

export const createClickHouse = ({ clickhouse }: Connections): ClickHouseClient =>
  createClient({
    url: clickhouse.url,
    ...(clickhouse.username !== undefined && { username: clickhouse.username }),
    ...(clickhouse.password !== undefined && { password: clickhouse.password }),
    ...(clickhouse.ca !== undefined && { tls: { ca_cert: Buffer.from(clickhouse.ca) } }),
    request_timeout: 70_000,
    log: { level: ClickHouseLogLevel.OFF },
  });
