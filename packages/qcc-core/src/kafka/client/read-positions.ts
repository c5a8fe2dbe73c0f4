import type { Kafka } from 'kafkajs';
import pRetry from 'p-retry';
import { ELECTION_RETRIES } from '../../base/backoff.ts';
import { partitionName } from '../../contract/topics.ts';
import { fetchEpochEnds } from '../kafkajs-2.2.4/epoch-ends.ts';
import { LogTruncatedError } from '../kafkajs-2.2.4/refuse-reset.ts';
import { agreesUpTo, type EpochEnd, type EpochRun, type ReadPosition } from '../wire/leader-epochs.ts';
import { askWhileSpreading, withAdmin } from './ask-while-spreading.ts';

type Place = { topic: string; partition: number };
/** `isNew` until `findLoss` has seen it. */
type KnownPosition = Place & ReadPosition & { isNew: boolean };

/** Up to where a consumer has read each of its partitions. */
export type ReadPositions = {
  /**
   * Await this before processing a fetched batch. It verifies that the batch comes from the log that was read before. It asks the
   * brokers only if the leader epoch differs from that of the last message, so normally only after an election.
   * @throws LogTruncatedError if messages that were read are not in the log any more
   */
  check(place: Place, epochs: readonly EpochRun[]): Promise<void>;
  /**
   * Verifies the same for partitions of which nothing was read since the last call: a log that lost messages may have grown to
   * exactly the offset that was read, so that no message comes. Asks the brokers. Returns one loss at a time.
   */
  findLoss(isRead: (place: Place) => boolean): Promise<LogTruncatedError | undefined>;
  /** Everything below the offset is done, and a message of that epoch is the last of it. */
  set(place: Place, nextOffset: bigint, leaderEpoch: number | null): void;
  /** The partition is read again from its beginning. */
  forget(place: Place): void;
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
  const known = new Map<string, KnownPosition>();
  const committed = new Map<string, Promise<Map<number, ReadPosition>>>();

  const committedOf = (topic: string, ofGroup: string) => {
    const asked = committed.get(topic) ?? fetchCommitted(kafka, ofGroup, topic);
    committed.set(topic, asked);
    asked.catch(() => committed.delete(topic));
    return asked;
  };
  const positionOf = async (place: Place): Promise<ReadPosition | undefined> =>
    known.get(partitionName(place)) ??
    (group === undefined ? undefined : (await committedOf(place.topic, group)).get(place.partition));

  const lossOf = (place: Place, position: ReadPosition, found: EpochEnd): LogTruncatedError | undefined => {
    const end = agreesUpTo(position, found);
    if (end === position.nextOffset) return undefined;
    return new LogTruncatedError({ ...place, position: String(position.nextOffset), end: String(end) });
  };

  return {
    async check(place, epochs) {
      const position = await positionOf(place);
      const fetched = epochs.findLast(({ from }) => position && from < position.nextOffset) ?? epochs[0];
      if (!position || fetched === undefined || fetched.epoch === null || fetched.epoch === position.leaderEpoch)
        return;
      const loss = lossOf(place, position, await askLeader(kafka, place, position, fetched.epoch));
      if (loss) throw loss;
    },
    async findLoss(isRead) {
      const idle = [...known.values()].filter((position) => !position.isNew && isRead(position));
      for (const position of known.values()) position.isNew = false;
      for (const [topic, positions] of Map.groupBy(idle, (position) => position.topic)) {
        const ends = await fetchEpochEnds(kafka, topic, positions);
        for (const [at, position] of positions.entries()) {
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
    forget: (place) => void known.delete(partitionName(place)),
    forgetAll() {
      known.clear();
      committed.clear();
    },
  };
}

/** @param atLeast The epoch of the fetched batch. A broker that does not know it is an old leader, so the question is asked again. */
const askLeader = (
  kafka: Kafka,
  { topic, partition }: Place,
  { leaderEpoch }: ReadPosition,
  atLeast: number,
): Promise<EpochEnd> =>
  pRetry(async () => {
    const questions = [atLeast, leaderEpoch].map((epoch) => ({ partition, leaderEpoch: epoch }));
    const [newest, end] = await fetchEpochEnds(kafka, topic, questions);
    if (newest?.leaderEpoch !== atLeast || !end) {
      throw new Error(
        `the broker that was asked about ${topic}/${partition} does not know epoch ${atLeast} of a fetched batch: it is not the leader any more`,
      );
    }
    return end;
  }, ELECTION_RETRIES);

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
