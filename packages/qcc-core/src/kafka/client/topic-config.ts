import type { TopicSpec } from '../../contract/topics.ts';

/** What a topic has, by the brokers' names. */
export type TopicConfig = Readonly<Record<string, string | null>>;

const HOUR_MS = 3_600_000;
/** Brokers compact only segments that are closed, by default after a week, and then only when half of the log is out of date. */
const COMPACTION = { 'segment.ms': String(HOUR_MS), 'max.compaction.lag.ms': String(HOUR_MS) } as const;

/** What the table of topics asks for. */
export const topicConfig = (spec: TopicSpec, minInsyncReplicas: number): Record<string, string> => ({
  'cleanup.policy': spec.cleanup,
  'retention.ms': String(spec.retentionMs),
  'max.message.bytes': String(spec.maxMessageBytes),
  'min.insync.replicas': String(minInsyncReplicas),
  // A broker's own default may compress batches again: more work for it, and for each reader.
  'compression.type': 'producer',
  // A start reads a compacted topic whole: the newest value of each key, and what an hour added.
  ...(spec.cleanup === 'compact' && COMPACTION),
});

/** Whether a setting is less than what is wanted. */
const IS_LESS: Readonly<Record<string, (is: string, wanted: string) => boolean>> = {
  'retention.ms': isBelow,
  'max.message.bytes': isBelow,
  'min.insync.replicas': isBelow,
  'compression.type': (is, wanted) => is !== wanted,
  'segment.ms': (is, wanted) => isBelow(wanted, is),
  'max.compaction.lag.ms': (is, wanted) => isBelow(wanted, is),
};

/** -1 is for ever. */
function isBelow(one: string, other: string): boolean {
  return Number(one) >= 0 && (Number(other) < 0 || Number(one) < Number(other));
}

/**
 * What a topic has that its contract has not. `refused` loses data for certain: another cleanup policy removes public
 * messages by key, or forgets state. `odd` may be meant: less retention, smaller messages, fewer replicas, batches that the broker
 * compresses again, compaction that comes late. What the broker does not tell is passed over.
 */
export function checkTopicConfig(
  spec: TopicSpec,
  actual: TopicConfig,
  { minInsyncReplicas }: { minInsyncReplicas: number },
): { refused: string[]; odd: string[] } {
  const wanted = topicConfig(spec, minInsyncReplicas);
  const policy = actual['cleanup.policy'];
  const isLess = (name: string): boolean => {
    const is = actual[name];
    if (is === undefined || is === null || name === 'cleanup.policy') return false;
    if (name === 'retention.ms' && policy !== 'delete') return false;
    return IS_LESS[name]?.(is, wanted[name]!) ?? false;
  };
  const describe = (name: string): string => `${name}=${actual[name]}, not ${wanted[name]}`;
  return {
    refused: policy && policy !== spec.cleanup ? [describe('cleanup.policy')] : [],
    odd: Object.keys(wanted).filter(isLess).map(describe),
  };
}
