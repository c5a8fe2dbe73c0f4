import { readFileSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { type Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { describeError } from 'qcc-core/base/errors';
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

const SESSION_TIMEOUT_MS = 10_000;

export type Connections = {
  prefix: string;
  kafka: KafkaOptions & { brokers: readonly string[]; sessionTimeoutMs: number };
  registry: RegistryOptions & { url: string };
  clickhouse: ClickHouseOptions & { url: string; database: string };
};

/**
 * What the options say, else the environment, else the local stack. Reads the files that the environment names.
 * @throws SubscriptionError for a file that cannot be read, or half a login
 */
export function readConnections<Topic extends ChangeTopic>(
  options: SubscribeOptions<Topic>,
  env: Environment,
): Connections {
  const { kafka = {}, registry = {}, clickhouse = {} } = options;
  const file = (name: string): string | undefined => readPem(name, env[name]);
  const [registryCa, clickhouseCa] = [file('SCHEMA_REGISTRY_CA_FILE'), file('CLICKHOUSE_CA_FILE')];
  const ssl = kafka.ssl ?? sslOf(file);
  const sasl = kafka.sasl ?? saslOf(env);
  return {
    prefix: options.topicPrefix ?? env.TOPIC_PREFIX ?? '',
    kafka: {
      ...kafka,
      brokers: kafka.brokers ?? (env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',').map((each) => each.trim()),
      sessionTimeoutMs: kafka.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
      ...(ssl && { ssl }),
      ...(sasl && { sasl }),
    },
    registry: {
      ...loginOf(env.SCHEMA_REGISTRY_USERNAME, env.SCHEMA_REGISTRY_PASSWORD),
      ...(registryCa !== undefined && { ca: registryCa }),
      ...registry,
      url: registry.url ?? env.SCHEMA_REGISTRY_URL ?? 'http://127.0.0.1:8081/apis/ccompat/v7',
    },
    clickhouse: {
      ...loginOf(env.CLICKHOUSE_USER, env.CLICKHOUSE_PASSWORD),
      ...(clickhouseCa !== undefined && { ca: clickhouseCa }),
      ...clickhouse,
      // Several addresses are replicas; the snapshot is read from the first one.
      url: clickhouse.url ?? (env.CLICKHOUSE_URL ?? 'http://127.0.0.1:8123').split(',')[0]!.trim(),
      database: clickhouse.database ?? env.CLICKHOUSE_DATABASE ?? 'qcc',
    },
  };
}

const loginOf = (username: string | undefined, password: string | undefined) =>
  username === undefined ? {} : { username, password: password ?? '' };

function readPem(name: string, path: string | undefined): string | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SubscriptionError(`${name} is ${path}, which cannot be read: ${describeError(cause)}`, { cause });
  }
}

function sslOf(file: (name: string) => string | undefined): KafkaOptions['ssl'] {
  const [ca, cert, key] = [file('KAFKA_SSL_CA_FILE'), file('KAFKA_SSL_CERT_FILE'), file('KAFKA_SSL_KEY_FILE')];
  if ((cert === undefined) !== (key === undefined))
    throw new SubscriptionError('KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE are set together or not at all');
  if (ca === undefined && cert === undefined) return undefined;
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && key !== undefined && { cert, key }) };
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

function saslOf(env: Environment): KafkaOptions['sasl'] {
  const { KAFKA_SASL_MECHANISM: given, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = env;
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
