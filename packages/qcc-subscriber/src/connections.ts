import { readFileSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { type Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { openKafka } from 'qcc-core/kafka/client/open-kafka';
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

/** What the options say, else the environment, else the local stack. Reads the files that the environment names. */
export function readConnections<Topic extends ChangeTopic>(
  options: SubscribeOptions<Topic>,
  env: Environment,
): Connections {
  const { kafka = {}, registry = {}, clickhouse = {} } = options;
  const file = (name: string): string | undefined => env[name] && readFileSync(env[name], 'utf8');
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
      ...registry,
      url: registry.url ?? env.SCHEMA_REGISTRY_URL ?? 'http://127.0.0.1:8081/apis/ccompat/v7',
    },
    clickhouse: {
      ...loginOf(env.CLICKHOUSE_USER, env.CLICKHOUSE_PASSWORD),
      ...clickhouse,
      // Several addresses are replicas; the snapshot is read from the first one.
      url: clickhouse.url ?? (env.CLICKHOUSE_URL ?? 'http://127.0.0.1:8123').split(',')[0]!.trim(),
      database: clickhouse.database ?? env.CLICKHOUSE_DATABASE ?? 'qcc',
    },
  };
}

const loginOf = (username: string | undefined, password: string | undefined) =>
  username === undefined ? {} : { username, password: password ?? '' };

function sslOf(file: (name: string) => string | undefined): KafkaOptions['ssl'] {
  const [ca, cert, key] = [file('KAFKA_SSL_CA_FILE'), file('KAFKA_SSL_CERT_FILE'), file('KAFKA_SSL_KEY_FILE')];
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function saslOf(env: Environment): KafkaOptions['sasl'] {
  const mechanism = env.KAFKA_SASL_MECHANISM;
  if (mechanism !== 'plain' && mechanism !== 'scram-sha-256' && mechanism !== 'scram-sha-512') return undefined;
  return { mechanism, username: env.KAFKA_SASL_USERNAME ?? '', password: env.KAFKA_SASL_PASSWORD ?? '' };
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
