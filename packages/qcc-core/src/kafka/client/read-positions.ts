import type { Kafka, TopicPartition } from 'kafkajs';
import pRetry from 'p-retry';
import { ELECTION_RETRIES } from '../../base/backoff.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import { partitionName } from '../../contract/topics.ts';
import { fetchEpochEnds } from '../kafkajs-2.2.4/epoch-ends.ts';
import { LogTruncatedError } from '../kafkajs-2.2.4/refuse-reset.ts';
import { agreesUpTo, type EpochEnd, type EpochRun, type ReadPosition } from '../wire/leader-epochs.ts';
import { askWhileSpreading, withAdmin } from './ask-while-spreading.ts';

type KnownPosition = TopicPartition &
  ReadPosition & {
    /** Until `findLoss` has seen it. */
    isNew: boolean;
    /** An epoch of later messages in the same log. */
    sameLog?: number;
  };

/** Up to where a consumer has read each of its partitions. */
export type ReadPositions = {
  /**
   * Await this before processing a fetched batch. It verifies that the batch comes from the log that was read before. It asks the
   * brokers only if the leader epoch differs from that of the last message, so normally only after an election.
   * @throws LogTruncatedError if messages that were read are not in the log any more; other errors if that cannot be found out now.
   */
  check(topicPartition: TopicPartition, epochs: readonly EpochRun[], signal: AbortSignal): Promise<void>;
  /**
   * Verifies the same for those of the places of which nothing was read since the last call: a log that lost messages may have grown to
   * exactly the offset that was read, so that no message comes. Asks the brokers. Returns one loss at a time.
   */
  findLoss(places: readonly TopicPartition[]): Promise<LogTruncatedError | undefined>;
  /** Everything below the offset is done, and a message of that epoch is the last of it. */
  set(topicPartition: TopicPartition, nextOffset: bigint, leaderEpoch: number | null): void;
  /** The partition is read again from its beginning. */
  forget(topicPartition: TopicPartition): void;
  /** Forgets all positions after a rejoin: other members may have read further. */
  forgetAll(): void;
};

const METADATA_PREFIX = 'leader epoch ';

/** What a group commits next to its offset, so that the next member can tell whether the log is still the same. */
export const commitMetadata = (leaderEpoch: number | null): string | null =>
  leaderEpoch === null ? null : `${METADATA_PREFIX}${leaderEpoch}`;

/**
 * @param input.group If a position is unknown, the one that this group committed with `commitMetadata` is used. Undefined for a
 * consumer that does not start at its group's offsets.
 */
export function createReadPositions({ kafka, group }: { kafka: Kafka; group: string | undefined }): ReadPositions {
  /** Null while a partition is read again from its beginning: then the offset of the group says nothing. */
  const known = new Map<string, KnownPosition | null>();
  const committed = new Map<string, Promise<Map<number, ReadPosition>>>();

  const committedOf = (topic: string, ofGroup: string) => {
    const asked = committed.get(topic) ?? fetchCommitted(kafka, ofGroup, topic);
    committed.set(topic, asked);
    asked.catch(() => committed.delete(topic));
    return asked;
  };
  const positionOf = async (topicPartition: TopicPartition): Promise<KnownPosition | null | undefined> => {
    const name = partitionName(topicPartition);
    if (known.has(name) || group === undefined) return known.get(name);
    const position = (await committedOf(topicPartition.topic, group)).get(topicPartition.partition);
    if (position && !known.has(name)) known.set(name, { ...topicPartition, ...position, isNew: true });
    return known.get(name);
  };

  const lossOf = (
    topicPartition: TopicPartition,
    position: ReadPosition,
    found: EpochEnd,
  ): LogTruncatedError | undefined => {
    const end = agreesUpTo(position, found);
    if (end === position.nextOffset) return undefined;
    return new LogTruncatedError({ ...topicPartition, position: String(position.nextOffset), end: String(end) });
  };

  return {
    async check({ topic, partition }, epochs, signal) {
      const topicPartition = { topic, partition };
      const position = await unlessAborted(positionOf(topicPartition), signal);
      if (!position) return;
      const fetched = epochs.findLast(({ from }) => from < position.nextOffset) ?? epochs[0];
      const epoch = fetched?.epoch ?? position.leaderEpoch;
      if (fetched === undefined || epoch === position.leaderEpoch || epoch === position.sameLog) return;
      const asking = askLeader(kafka, { position, fetched: { from: fetched.from, epoch }, signal });
      const loss = lossOf(topicPartition, position, await unlessAborted(asking, signal));
      if (loss) throw loss;
      position.sameLog = epoch;
    },
    async findLoss(places) {
      // The former member of the group may have read the lost messages, and this member may not have received a batch yet.
      const positions = (await Promise.all(places.map(positionOf))).filter((position) => position != null);
      const idle = positions.filter((position) => !position.isNew);
      for (const position of positions) position.isNew = false;
      for (const [topic, ofTopic] of Map.groupBy(idle, (position) => position.topic)) {
        const ends = await fetchEpochEnds(kafka, topic, ofTopic);
        for (const [at, position] of ofTopic.entries()) {
          const found = ends[at]!;
          const isSame = known.get(partitionName(position)) === position;
          // A broker that does not know the epoch is an old leader.
          const loss = isSame && found.endOffset >= 0n ? lossOf(position, position, found) : undefined;
          if (loss) return loss;
        }
      }
      return undefined;
    },
    set({ topic, partition }, nextOffset, leaderEpoch) {
      if (leaderEpoch === null) return;
      known.set(partitionName({ topic, partition }), { topic, partition, nextOffset, leaderEpoch, isNew: true });
    },
    forget: (topicPartition) => void known.set(partitionName(topicPartition), null),
    forgetAll() {
      known.clear();
      committed.clear();
    },
  };
}

/**
 * Asks where the epoch of the position ends. It asks again as long as the leader's log does not have what was fetched: that came from
 * a broker that is not the leader any more, or such a broker answers now.
 */
const askLeader = (
  kafka: Kafka,
  {
    position: { topic, partition, leaderEpoch },
    fetched,
    signal,
  }: { position: KnownPosition; fetched: { from: bigint; epoch: number }; signal: AbortSignal },
): Promise<EpochEnd> =>
  pRetry(
    async () => {
      const questions = [fetched.epoch, leaderEpoch].map((epoch) => ({ partition, leaderEpoch: epoch }));
      const [ofFetched, end] = await fetchEpochEnds(kafka, topic, questions);
      if (!end || ofFetched?.leaderEpoch !== fetched.epoch || ofFetched.endOffset <= fetched.from) {
        const name = partitionName({ topic, partition });
        throw new Error(
          `the log of ${name} does not have the fetched offset ${fetched.from} of epoch ${fetched.epoch}`,
        );
      }
      return end;
    },
    { ...ELECTION_RETRIES, signal },
  );

/** What the group has committed with a leader epoch. */
const fetchCommitted = (kafka: Kafka, group: string, topic: string): Promise<Map<number, ReadPosition>> =>
  askWhileSpreading(() =>
    withAdmin(kafka, async (admin) => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return new Map(
        offsets?.partitions.flatMap(({ partition, offset, metadata }): [number, ReadPosition][] => {
          if (!metadata?.startsWith(METADATA_PREFIX)) return [];
          const leaderEpoch = Number(metadata.slice(METADATA_PREFIX.length));
          return Number.isInteger(leaderEpoch) ? [[partition, { nextOffset: BigInt(offset), leaderEpoch }]] : [];
        }),
      );
    }),
  );
