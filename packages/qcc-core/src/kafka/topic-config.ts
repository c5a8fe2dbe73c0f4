import type { TopicSpec } from './topics.ts';

const NAMES = ['cleanup.policy', 'retention.ms', 'max.message.bytes', 'min.insync.replicas'] as const;
type Name = (typeof NAMES)[number];

/** What a topic has, by the brokers' names. */
export type TopicConfig = Readonly<Record<string, string | null>>;

/** What the table of topics asks for. */
export const topicConfig = (spec: TopicSpec, minInsyncReplicas: number): Record<Name, string> => ({
  'cleanup.policy': spec.cleanup,
  'retention.ms': String(spec.retentionMs),
  'max.message.bytes': String(spec.maxMessageBytes),
  'min.insync.replicas': String(minInsyncReplicas),
});

/**
 * What a topic has that its contract has not. `refused` loses data for certain: another cleanup policy removes public
 * messages by key, or forgets state. `odd` may be meant: less retention, smaller messages, fewer replicas. What the broker
 * does not tell is passed over.
 */
export function checkTopicConfig(
  spec: TopicSpec,
  actual: TopicConfig,
  { minInsyncReplicas }: { minInsyncReplicas: number },
): { refused: string[]; odd: string[] } {
  const wanted = topicConfig(spec, minInsyncReplicas);
  const isLess = (name: Name): boolean => {
    const [is, atLeast] = [Number(actual[name] ?? Number.NaN), Number(wanted[name])];
    // -1 is for ever.
    return is >= 0 && (atLeast < 0 || is < atLeast);
  };
  const describe = (name: Name): string => `${name}=${actual[name]}, not ${wanted[name]}`;
  const policy = actual['cleanup.policy'];
  const amounts = NAMES.filter((name) => name !== 'cleanup.policy' && (name !== 'retention.ms' || policy === 'delete'));
  return {
    refused: policy && policy !== spec.cleanup ? [describe('cleanup.policy')] : [],
    odd: amounts.filter(isLess).map(describe),
  };
}
