import { TOPICS, type TopicSpec } from './topics.ts';

/** The account of a deployment that sets none. Its name is in no group and no transactional id. */
export const DEFAULT_ACCOUNT = 'main';

/**
 * What an account's instances of a service are called in consumer groups and transactional ids. Two accounts on one
 * TOPIC_PREFIX read the same topics, each all of them and with offsets of its own, and pass over what is not theirs; in
 * one group each would get, and commit, a part of the other's orders. The default account has no suffix.
 */
export const accountName = (service: string, account: string): string =>
  account === DEFAULT_ACCOUNT ? service : `${service}.${account}`;

/** The service in such a name: names of services have no points. */
export const serviceOfName = (name: string): string => name.split('.', 1)[0] ?? name;

/** The consumer group of the sink: one for all accounts, as its tables are. */
export const sinkGroup = (prefix: string): string => `${prefix}qcc.sink`;

/** The services that read their input through lanes, each with its topic. */
export const SERVICE_INPUTS = {
  'archive-extractor': TOPICS.orders,
  'detail-enricher': TOPICS.records,
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
