import type { TopicSpec } from '../../contract/topics.ts';

/** The configuration of a topic, under the brokers' names. */
export type TopicConfig = Readonly<Record<string, string | null>>;

const HOUR_MS = 3_600_000;
/** Brokers compact only segments that are closed, by default after a week, and then only when half of the log is out of date. */
const COMPACTION = { 'segment.ms': String(HOUR_MS), 'max.compaction.lag.ms': String(HOUR_MS) } as const;

/** The configuration that `TOPICS` requires. */
export const topicConfig = (spec: TopicSpec, minInsyncReplicas: number): Record<string, string> => ({
  'cleanup.policy': spec.cleanup,
  'retention.ms': String(spec.retentionMs),
  'max.message.bytes': String(spec.maxMessageBytes),
  'min.insync.replicas': String(minInsyncReplicas),
  // A broker's own default may compress batches again: more work for it, and for each reader.
  'compression.type': 'producer',
  // A service that starts reads all of a compacted topic: the newest value of each key, and the messages of an hour.
  ...(spec.cleanup === 'compact' && COMPACTION),
});

/** Whether a value is weaker than the required one. */
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
 * Compares the configuration of a topic with its contract. `refused` are differences that certainly lose data: another cleanup policy
 * removes public messages by key, or deletes state. `odd` are differences that may be intended: less retention, smaller messages, fewer
 * required in-sync replicas, batches that the broker compresses again, late compaction. Values that the broker does not report are
 * ignored.
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
