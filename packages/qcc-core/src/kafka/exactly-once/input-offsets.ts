import type { Kafka } from 'kafkajs';
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import type { AvroCodec } from '../../avro/codec.ts';
import { END_RETRIES } from '../../base/backoff.ts';
import type { Health } from '../../base/health.ts';
import type { InputOffset } from '../../contract/domain.ts';
import { serviceOfName } from '../../contract/group-names.ts';
import { TOPICS, type TopicSpec, topicName } from '../../contract/topics.ts';
import { askWhileSpreading, withAdmin } from '../client/ask-while-spreading.ts';
import { topicOffsets } from '../client/topic-offsets.ts';
import { fetchEpochEnds } from '../kafkajs-2.2.4/epoch-ends.ts';
import { fetchTopicId } from '../kafkajs-2.2.4/topic-id.ts';
import { addRuns, agreesUpTo, type EpochRun, epochBefore } from '../wire/leader-epochs.ts';
import type { Outgoing } from '../wire/outgoing.ts';
import { decideInputOffset, type InputDecision, type InputPosition, TRUNCATED } from './decide-input-offset.ts';
import type { Lane, LaneOffsets } from './lane.ts';
import { openTable } from './table.ts';

/** The service cannot know where to go on in its input. Going on anyway could lose changes or publish them twice. */
export class InputOffsetError extends Error {
  override readonly name = 'InputOffsetError';
}

export type InputOffsets = AsyncDisposable &
  LaneOffsets & {
    /**
     * Returns the offset at which a lane resumes. The lane has fenced older owners, and this blocks until everything that they
     * committed is read, so the offset is exact. It records the offset if it is not recorded yet. It also records a loss of
     * messages, because the log may grow and hide the loss from the next instance.
     * @throws InputOffsetError with the remedy if the offset cannot be known.
     */
    resume(lane: Pick<Lane, 'partition' | 'transact' | 'signal'>): Promise<bigint>;
    /** To be called before the messages of a batch are processed, so that their leader epoch is recorded with their offset. */
    noteRead(partition: number, leaderEpochs: readonly EpochRun[]): void;
    /** Of the last message before the offset; null if it is not known. */
    leaderEpoch(partition: number, nextOffset: bigint): number | null;
    /** Call this when a consumer finds that messages which it read are lost. Lanes of this instance then do not open on that partition. */
    noteTruncated(partition: number, end: string): void;
    /** The message that a transaction sends to commit its input up to `nextOffset`. */
    message(partition: number, nextOffset: bigint): Outgoing;
  };

/**
 * The offsets of a service's input on the compacted topic `input-offsets`, each on the partition with the same number as the
 * input's. A lane writes them in its transactions and reads them back up to its own marker. The offsets of the consumer group
 * are committed too, for tools that show lag and for older versions, but they are not relied on: Kafka deletes those of a group
 * that was stopped for seven days, and a client may reset them.
 */
export async function openInputOffsets(input: {
  kafka: Kafka;
  prefix: string;
  service: string;
  group: string;
  from: TopicSpec;
  codec: Pick<AvroCodec, 'encode' | 'decode'>;
  /** Whether the service has published from this partition before, as far as its output tells. Asked only if no offset is known. */
  hasPublished(lane: Pick<Lane, 'partition' | 'transact'>): Promise<boolean>;
  sessionTimeoutMs: number;
  health: Health;
  log: Logger;
  now?: () => number;
}): Promise<InputOffsets> {
  const { kafka, prefix, service, group, from, codec, log, now = Date.now } = input;
  const topic = topicName(prefix, from);
  const keyOf = (partition: number) => inputOffsetKey({ service, from, partition });
  const table = await openTable({
    ...input,
    topic: TOPICS.inputOffsets,
    group: `${prefix}qcc.${service}`,
    decode: (bytes) => codec.decode('input-offsets', bytes),
  });
  /** The id of the topic when the lane of each partition opened. */
  const topicIds = new Map<number, string>();
  /** What is known of the leader epochs of each partition. */
  const epochs = new Map<number, readonly EpochRun[]>();
  const epochOf = (partition: number, nextOffset: bigint) => epochBefore(epochs.get(partition) ?? [], nextOffset);
  /** For each partition, the offset from which a consumer found messages lost, until the loss is recorded. */
  const truncated = new Map<number, string>();

  const decide = async (partition: number) => {
    const { [partition]: position } = await inputPositions({ kafka, group, topic, only: partition }, (each) =>
      table.get(keyOf(each)),
    );
    if (!position) throw new InputOffsetError(`${topic} has no partition ${partition}`);
    const decision = decideInputOffset(position);
    if (decision.kind === 'logTruncated') throw new TruncatedInput(decision, decision.end);
    // Perhaps only messages that the consumer read, but no lane had to process, are lost. Leader epochs prove that only if the recorded
    // offset is the one that counts, not a greater one of the group.
    const isVouchedFor = position.agreesUpTo !== undefined && position.committed <= (position.recorded ?? -1n);
    if (decision.kind === 'resume' && isVouchedFor) truncated.delete(partition);
    const end = truncated.get(partition);
    if (decision.kind === 'resume' && end !== undefined) throw new TruncatedInput(decision, end);
    return { position, decision };
  };

  const nextOffsetOf = async (
    decision: Exclude<InputDecision, { kind: 'logTruncated' }>,
    lane: Pick<Lane, 'partition' | 'transact'>,
  ) => {
    const { partition } = lane;
    const place = `${topic}/${partition}`;
    switch (decision.kind) {
      case 'resume':
        if (decision.unread > 0n) {
          const text = `retention deleted ${decision.unread} messages of ${place} before ${service} read them: replay the orders that the ledger shows as incomplete`;
          log.error({ partition }, text);
        }
        return decision.nextOffset;
      case 'unknown':
        if (!(await input.hasPublished(lane))) return decision.firstOffset;
        throw new InputOffsetError(
          `the consumer group ${group} has no offset for ${place}, although ${service} has published from it before: Kafka deletes the offsets of a group that was stopped for longer than offsets.retention.minutes (seven days by default). ${remedy(partition)}`,
        );
      case 'recreated':
        throw new InputOffsetError(
          `${topic} was deleted and created again since ${service} read ${place} up to ${decision.nextOffset}: that offset now belongs to another message. ${remedy(partition)}`,
        );
      case 'truncated':
        throw new InputOffsetError(`the brokers lost messages of ${place}: ${decision.reason}. ${remedy(partition)}`);
      case 'reset':
        throw new InputOffsetError(
          `the offset of the consumer group ${group} for ${place} was reset to "earliest", and what was published would be published again. ${remedy(partition)}`,
        );
      default:
        return decision satisfies never;
    }
  };

  const remedy = (partition: number): string =>
    `Find out up to where ${service} had read, stop all of its instances and run \`npx qcc offsets set --service ${serviceOfName(service)} --partition ${partition} --to OFFSET\`; docs/input-offsets.md says how`;

  return {
    async resume(lane) {
      const { partition, transact } = lane;
      const send = (marker: Outgoing) => transact((transaction) => transaction.send([marker]));
      await table.catchUp(partition, send, lane.signal);
      const { position, decision } = await pRetry(() => decide(partition), {
        ...END_RETRIES,
        shouldRetry: ({ error }) => error instanceof TruncatedInput && !truncated.has(partition),
      }).catch(async (error: unknown) => {
        if (!(error instanceof TruncatedInput)) throw error;
        const { nextOffset, message: reason } = error;
        const entry = {
          service,
          from,
          partition,
          nextOffset,
          topicId: TRUNCATED,
          leaderEpoch: null,
          reason,
          now: now(),
        };
        await transact((transaction) => transaction.send([inputOffsetMessage(codec, entry)]));
        truncated.delete(partition);
        throw new InputOffsetError(
          `the brokers lost messages of ${topic}/${partition} (unclean leader election), or the topic was created again: ${reason} by ${service}. ${remedy(partition)}`,
        );
      });
      const nextOffset = await nextOffsetOf(decision, lane);
      topicIds.set(partition, position.topicId);
      const epoch = position.recorded === nextOffset ? position.recordedEpoch : null;
      epochs.set(partition, [{ from: -1n, epoch }]);
      if (
        position.recorded !== nextOffset ||
        position.committed !== nextOffset ||
        position.recordedTopicId !== position.topicId
      ) {
        await transact(async () => {}, { nextOffset });
      }
      return nextOffset;
    },
    noteRead: (partition, runs) => void epochs.set(partition, addRuns(epochs.get(partition) ?? [], runs)),
    leaderEpoch: epochOf,
    noteTruncated: (partition, end) => void truncated.set(partition, end),
    message: (partition, nextOffset) =>
      inputOffsetMessage(codec, {
        service,
        from,
        partition,
        nextOffset,
        topicId: topicIds.get(partition) ?? null,
        leaderEpoch: epochOf(partition, nextOffset),
        now: now(),
      }),
    [Symbol.asyncDispose]: () => table[Symbol.asyncDispose](),
  };
}

/** A partition of a service's input. The account is a part of the service's name. */
export type InputPlace = { service: string; from: TopicSpec; partition: number };

export const inputOffsetKey = ({ service, from, partition }: InputPlace): string =>
  `${service}|${from.name}|${partition}`;

/** An offset, and the id of the topic that it belongs to. With `TRUNCATED` and a reason, the service does not resume there. */
type PlacedOffset = InputPlace & {
  nextOffset: bigint;
  topicId: string | null;
  /** Of the last message before the offset; null if it is not known. */
  leaderEpoch: number | null;
  reason?: string;
  now: number;
};

export type OffsetDecision = { who: string; why: string; previousOffset: bigint | undefined };

/**
 * Records that the messages below `nextOffset` are done. With a decision it says instead that a person has set the offset. Each
 * decision has its own key, so compaction keeps it. It moves nothing by itself: the same transaction records the offset.
 */
export function inputOffsetMessage(
  codec: Pick<AvroCodec, 'encode'>,
  { service, from, partition, decision, ...input }: PlacedOffset & { decision?: OffsetDecision },
): Outgoing {
  const place = inputOffsetKey({ service, from, partition });
  const value: InputOffset = {
    service,
    topic: from.name,
    partition,
    nextOffset: Number(input.nextOffset),
    updatedAt: input.now,
    previousOffset: decision?.previousOffset === undefined ? null : Number(decision.previousOffset),
    reason: decision?.why ?? input.reason ?? null,
    decidedBy: decision?.who ?? null,
    topicId: input.topicId,
    leaderEpoch: input.leaderEpoch,
  };
  const key = decision ? `${place}|set|${input.now}` : place;
  return { topic: TOPICS.inputOffsets, key, value: codec.encode('input-offsets', value), partition };
}

/**
 * The position in each partition of an input. The caller has read the entries of `input-offsets`.
 * @param only Leader epochs are compared in this partition only.
 */
export async function inputPositions(
  { kafka, group, topic, only }: { kafka: Kafka; group: string; topic: string; only?: number },
  entryOf: (partition: number) => Pick<InputOffset, 'nextOffset' | 'topicId' | 'leaderEpoch' | 'reason'> | undefined,
): Promise<Record<number, InputPosition>> {
  const [committed, ranges, topicId] = await Promise.all([
    committedOffsets(kafka, group, topic),
    topicOffsets(kafka, topic),
    askWhileSpreading(() => fetchTopicId(kafka, topic)),
  ]);
  const recorded = [...ranges.keys()].flatMap((partition) => {
    const { nextOffset, leaderEpoch } = (only ?? partition) === partition ? (entryOf(partition) ?? {}) : {};
    if (nextOffset === undefined || typeof leaderEpoch !== 'number') return [];
    return [{ partition, nextOffset: BigInt(nextOffset), leaderEpoch }];
  });
  const ends = await askWhileSpreading(() => fetchEpochEnds(kafka, topic, recorded));
  const agreed = new Map(
    recorded.flatMap((each, at): [number, bigint][] => {
      const end = ends[at]!;
      // A broker that does not know the epoch is an old leader. The consumer checks the log again when messages arrive.
      return end.endOffset < 0n ? [] : [[each.partition, agreesUpTo(each, end)]];
    }),
  );
  return Object.fromEntries(
    [...ranges].map(([partition, { from, to }]): [number, InputPosition] => {
      const entry = entryOf(partition);
      return [
        partition,
        {
          recorded: entry && BigInt(entry.nextOffset),
          recordedTopicId: entry?.topicId ?? null,
          recordedEpoch: entry?.leaderEpoch ?? null,
          recordedReason: entry?.reason ?? null,
          topicId,
          committed: committed.get(partition) ?? -1n,
          log: { start: from, end: to },
          agreesUpTo: agreed.get(partition),
        },
      ];
    }),
  );
}

class TruncatedInput extends Error {
  readonly nextOffset: bigint;
  constructor({ nextOffset }: { nextOffset: bigint }, end: bigint | string) {
    super(`the log changed from offset ${end} on, and was read up to ${nextOffset}`);
    this.nextOffset = nextOffset;
  }
}

/** The offsets that a consumer group has committed, by partition: -1 for none. */
const committedOffsets = (kafka: Kafka, group: string, topic: string): Promise<Map<number, bigint>> =>
  withAdmin(kafka, async (admin) => {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return new Map(offsets?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  });
