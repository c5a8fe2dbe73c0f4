import { accountName } from './account-name.ts';
import { TOPICS, type TopicSpec } from './topics.ts';

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
