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
