import { TOPICS, type TopicSpec } from './topics.ts';

/** The account of a deployment that sets none. Its name is in no group and no transactional id. */
export const DEFAULT_ACCOUNT = 'main';

/**
 * The name of a service in consumer groups and transactional ids, one for each account; the default account has no suffix.
 * Accounts that share a TOPIC_PREFIX read the same topics, and each ignores the messages of the others. So each needs a
 * separate group: in a shared one, an account would receive and commit some of another account's orders.
 */
export const accountName = (service: string, account: string): string =>
  account === DEFAULT_ACCOUNT ? service : `${service}.${account}`;

/** The service in such a name: names of services have no dots. */
export const serviceOfName = (name: string): string => name.split('.', 1)[0] ?? name;

/** The consumer group of the sink: one for all accounts, as its tables are. */
export const sinkGroup = (prefix: string): string => `${prefix}qcc.sink`;

/** The group in which the sink reads records once more, for the tables that analysts use. */
export const derivedGroup = (prefix: string): string => `${prefix}qcc.sink-derived`;

/** The services that read their input through lanes, each with its topic. */
export const SERVICE_INPUTS = {
  'archive-extractor': TOPICS.orders,
  'detail-enricher': TOPICS.records,
  alerter: TOPICS.enrichedRecords,
} as const satisfies Record<string, TopicSpec>;

export type LaneService = keyof typeof SERVICE_INPUTS;

export type ServiceInput = {
  /** With the account's name, unless that is the default: in consumer groups, transactional ids and keys. */
  service: string;
  group: string;
  from: TopicSpec;
};

/** The input of a service for one account, and the names under which it reads it. */
export function serviceInput(
  service: LaneService,
  { account, prefix }: { account: string; prefix: string },
): ServiceInput {
  const name = accountName(service, account);
  return { service: name, group: `${prefix}qcc.${name}`, from: SERVICE_INPUTS[service] };
}
