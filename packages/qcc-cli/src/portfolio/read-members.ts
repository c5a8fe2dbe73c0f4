import type { PortfolioMember } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import type { KafkaSide } from '../connect-kafka.ts';

/** The newest message of each customer of an account on the topic, removed ones too, by key. */
export async function readMembers(
  { kafka, codec, settings }: KafkaSide,
  { account }: { account: string },
): Promise<Map<string, PortfolioMember>> {
  const members = new Map<string, PortfolioMember>();
  await readTopic({
    kafka,
    prefix: settings.TOPIC_PREFIX,
    topic: topicName(settings.TOPIC_PREFIX, TOPICS.portfolio),
    async onMessage({ key, value }) {
      const name = String(key);
      if (!name.startsWith(`${account}|`)) return;
      if (value === null) members.delete(name);
      else members.set(name, await codec.decode('portfolio', value));
    },
  });
  return members;
}
