import type { Kafka } from 'kafkajs';
import { derivedGroup, sinkGroup } from 'qcc-core/contract/group-names';
import { topicName } from 'qcc-core/contract/topics';
import type { ConsumeInput } from 'qcc-core/kafka/client/consume';
import { createGroupProgress } from 'qcc-core/kafka/client/group-progress';
import { joinCalls } from './store/join-calls.ts';
import { createBatchWriter, type StoreDeps } from './store/store-batch.ts';
import type { StoreLoad } from './store/store-load.ts';
import type { Stream } from './stream.ts';

/** Of enriched records that are fetched, and inserted, at once. */
const MOST_BYTES_AT_ONCE = 8 * 1_048_576;

/** The name of this part on `/readyz`. */
export const DERIVE_PART = 'tables for analysts';

const REMEDY =
  "The tables for analysts lack these records, and their orders stay STORING in data_quality: derive them with `npx qcc rebuild`, see 'The tables for analysts lack records' in docs/for-operators.md";

/**
 * The input of the derive group's consumer. Once the history has records, it inserts them again, for the tables for analysts. It waits
 * while the history is being written, so that small inserts are combined.
 */
export function deriveRecords({
  kafka,
  stream,
  storeLoad,
  deps,
}: {
  kafka: Kafka;
  /** `createDerivationStream` */
  stream: Stream;
  storeLoad: StoreLoad;
  deps: Omit<StoreDeps, 'group'>;
}): Pick<ConsumeInput, 'group' | 'topics' | 'config' | 'concurrency' | 'healthPart' | 'remedyIfDeleted' | 'onBatch'> {
  const group = derivedGroup(deps.prefix);
  const topics = [topicName(deps.prefix, stream.topic)];
  const { partitions } = stream.topic;
  const derive = joinCalls(createBatchWriter({ ...deps, group }, stream));
  const historyProgress = createGroupProgress({ kafka, group: sinkGroup(deps.prefix), topics });
  return {
    group,
    topics,
    config: { maxBytesPerPartition: Math.floor(MOST_BYTES_AT_ONCE / partitions), maxBytes: MOST_BYTES_AT_ONCE },
    concurrency: partitions,
    healthPart: DERIVE_PART,
    remedyIfDeleted: REMEDY,
    async onBatch({ topic, partition, messages, commit, signal }) {
      // An erasure deletes derived rows and derives them again from the history. So derive only what the history has.
      const end = { topic, partition, offset: BigInt(messages.at(-1)!.offset) + 1n };
      // If the history is stuck at one partition, the others go on.
      if (!(await historyProgress.hasReached(end))) {
        return { comesAgainAfter: historyProgress.untilReached(end, signal) };
      }
      await storeLoad.untilQuiet(signal);
      await derive({ topic, partition, messages });
      await commit();
      return undefined;
    },
  };
}
