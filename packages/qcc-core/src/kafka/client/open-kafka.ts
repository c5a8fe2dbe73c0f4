import '../kafkajs-2.2.4/add-partitions-in-turn.ts';
import '../kafkajs-2.2.4/announce-joins.ts';
import '../kafkajs-2.2.4/ask-for-brokers-only.ts';
import '../kafkajs-2.2.4/ask-for-new-leaders.ts';
import '../kafkajs-2.2.4/close-connections.ts';
import '../kafkajs-2.2.4/end-stopped-runners.ts';
import '../kafkajs-2.2.4/fetch-committed.ts';
import '../kafkajs-2.2.4/refuse-reset.ts';
import '../kafkajs-2.2.4/release-responses.ts';
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, type SASLOptions } from 'kafkajs';
import { kafkaJsModule } from '../kafkajs-2.2.4/guard.ts';
import { orderBootstrap } from './bootstrap-order.ts';
import { endHungConnections } from './hung-connections.ts';

/** The sockets that kafkajs makes without a `socketFactory`. */
const createSockets = kafkaJsModule<() => ISocketFactory>('network/socketFactory.js');

export type OpenKafkaInput = {
  brokers: readonly string[];
  clientId: string;
  /** Takes the messages of kafkajs. */
  logCreator: logCreator;
  ssl?: KafkaConfig['ssl'] | undefined;
  sasl?: SASLOptions | undefined;
  /** How long a broker may take for a response, see `endHungConnections`. */
  responseLimitMs?: number;
  /** Of the groups that this client joins. */
  sessionTimeoutMs?: number;
  /** How often kafkajs retries a failed request or connection. It retries a connection with the next broker. */
  retries?: number;
};

/** A client of the cluster with all guards; opens no connection yet. It does not know the settings of the services. */
export function openKafka(input: OpenKafkaInput): Kafka {
  const { responseLimitMs, sessionTimeoutMs = 10_000, retries = 8, ssl, sasl } = input;
  const guarded = endHungConnections(createSockets(), {
    ...(responseLimitMs !== undefined && { limitMs: responseLimitMs }),
    membersLimitMs: membersLimitMs(sessionTimeoutMs),
  });
  const bootstrap = orderBootstrap(guarded, input.brokers);
  return new Kafka({
    clientId: input.clientId,
    brokers: bootstrap.next,
    logCreator: input.logCreator,
    socketFactory: bootstrap.connect,
    connectionTimeout: 3_000,
    // The sockets end earlier, see `endHungConnections`.
    requestTimeout: 30_000,
    // A new transaction right after a commit meets CONCURRENT_TRANSACTIONS and waits out the retry time: begin low.
    retry: { initialRetryTime: 30, maxRetryTime: 3_000, factor: 0.3, multiplier: 2, retries },
    ...(ssl && { ssl }),
    ...(sasl && { sasl }),
  } satisfies KafkaConfig);
}

/** How long a coordinator waits for the members of a group to join again. Meanwhile their JoinGroup has no response. */
export const rebalanceTimeoutMs = (sessionTimeoutMs: number): number => Math.max(10_000, sessionTimeoutMs * 2);

/** For a response to JoinGroup or SyncGroup: longer than kafkajs waits, which is 5 s more than the rebalance, or 30 s. */
export const membersLimitMs = (sessionTimeoutMs: number): number =>
  Math.max(35_000, rebalanceTimeoutMs(sessionTimeoutMs) + 10_000);

/** A consumer that has not joined its group by then is replaced. Longer than requests that have to be repeated. */
export const joinLimitMs = (sessionTimeoutMs: number): number => membersLimitMs(sessionTimeoutMs) + 55_000;
