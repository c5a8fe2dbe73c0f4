import '../kafkajs-2.2.4/add-partitions-in-turn.ts';
import '../kafkajs-2.2.4/announce-joins.ts';
import '../kafkajs-2.2.4/ask-for-brokers-only.ts';
import '../kafkajs-2.2.4/close-connections.ts';
import '../kafkajs-2.2.4/end-stopped-runners.ts';
import '../kafkajs-2.2.4/fetch-committed.ts';
import '../kafkajs-2.2.4/refuse-reset.ts';
import '../kafkajs-2.2.4/release-responses.ts';
import { readFileSync } from 'node:fs';
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, type SASLOptions } from 'kafkajs';
import { type Settings, SettingsError } from '../../base/settings.ts';
import { fastPaths } from '../kafkajs-2.2.4/fast-paths.ts';
import { kafkaJsModule } from '../kafkajs-2.2.4/guard.ts';
import { endHungConnections } from './hung-connections.ts';

/** The sockets that kafkajs makes without a `socketFactory`. */
const createSockets = kafkaJsModule<() => ISocketFactory>('network/socketFactory.js');

export type KafkaSettings = Settings<
  | 'KAFKA_BROKERS'
  | 'KAFKA_SASL_MECHANISM'
  | 'KAFKA_SASL_USERNAME'
  | 'KAFKA_SASL_PASSWORD'
  | 'KAFKA_SSL_CA_FILE'
  | 'KAFKA_SSL_CERT_FILE'
  | 'KAFKA_SSL_KEY_FILE'
  | 'KAFKA_FAST_PATHS'
>;

/**
 * A client of the cluster; opens no connection yet. The log takes the messages of kafkajs.
 * @throws SettingsError if only a part of a login or of a client certificate is set.
 */
export function createKafka(input: {
  settings: KafkaSettings;
  clientId: string;
  logCreator: logCreator;
  /** How long a broker may take for a response, see `endHungConnections`. */
  responseLimitMs?: number;
  /** Of the groups that this client joins. */
  sessionTimeoutMs?: number;
  /** How often kafkajs repeats what failed; of a connection, with the next of the brokers. */
  retries?: number;
}): Kafka {
  const { settings, responseLimitMs, sessionTimeoutMs = 10_000, retries = 8 } = input;
  refuseHalves(settings);
  const ssl = tlsOptions(settings);
  const sasl = saslOptions(settings);
  fastPaths.on = settings.KAFKA_FAST_PATHS;
  return new Kafka({
    clientId: input.clientId,
    brokers: settings.KAFKA_BROKERS,
    logCreator: input.logCreator,
    socketFactory: endHungConnections(createSockets(), {
      ...(responseLimitMs !== undefined && { limitMs: responseLimitMs }),
      membersLimitMs: membersLimitMs(sessionTimeoutMs),
    }),
    connectionTimeout: 3_000,
    // The sockets end earlier, see `endHungConnections`.
    requestTimeout: 30_000,
    // A new transaction right after a commit meets CONCURRENT_TRANSACTIONS and waits out the retry time: begin low.
    retry: { initialRetryTime: 30, maxRetryTime: 3_000, factor: 0.3, multiplier: 2, retries },
    ...(ssl && { ssl }),
    ...(sasl && { sasl }),
  } satisfies KafkaConfig);
}

/** Half of a login or of a certificate would be no login and no certificate, and the broker's word on that is dark. */
function refuseHalves(settings: KafkaSettings): void {
  const groups = [
    ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'],
    ['KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'],
  ] as const;
  const problems = groups.flatMap((names) => {
    const missing = names.filter((name) => settings[name] === undefined);
    if (missing.length === 0 || missing.length === names.length) return [];
    return [`${missing.join(' and ')} missing: ${names.join(', ')} are set together or not at all`];
  });
  if (problems.length > 0) throw new SettingsError(problems);
}

function tlsOptions(settings: KafkaSettings) {
  const { KAFKA_SSL_CA_FILE: ca, KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: key } = settings;
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
}

function saslOptions(settings: KafkaSettings): SASLOptions | undefined {
  if (settings.KAFKA_SASL_MECHANISM === undefined) return undefined;
  return {
    mechanism: settings.KAFKA_SASL_MECHANISM,
    username: settings.KAFKA_SASL_USERNAME ?? '',
    password: settings.KAFKA_SASL_PASSWORD ?? '',
  } as SASLOptions;
}

/** How long a coordinator waits for the members of a group to join again. Meanwhile their JoinGroup has no response. */
export const rebalanceTimeoutMs = (sessionTimeoutMs: number): number => Math.max(10_000, sessionTimeoutMs * 2);

/** For a response to JoinGroup or SyncGroup: longer than kafkajs waits, which is 5 s more than the rebalance, or 30 s. */
export const membersLimitMs = (sessionTimeoutMs: number): number =>
  Math.max(35_000, rebalanceTimeoutMs(sessionTimeoutMs) + 10_000);

/** A consumer that has not joined its group by then is replaced. Longer than requests that have to be repeated. */
export const joinLimitMs = (sessionTimeoutMs: number): number => membersLimitMs(sessionTimeoutMs) + 55_000;
