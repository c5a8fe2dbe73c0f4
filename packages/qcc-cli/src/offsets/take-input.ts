import type { Kafka } from 'kafkajs';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { InputOffset } from 'qcc-core/contract/domain';
import type { ServiceInput } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { askWhileSpreading, withAdmin } from 'qcc-core/kafka/client/ask-while-spreading';
import { readPartition } from 'qcc-core/kafka/client/read-topic';
import type { InputPosition } from 'qcc-core/kafka/exactly-once/decide-input-offset';
import {
  inputOffsetKey,
  inputOffsetMessage,
  inputPositions,
  type OffsetDecision,
} from 'qcc-core/kafka/exactly-once/input-offsets';
import { type Lane, openLane } from 'qcc-core/kafka/exactly-once/lane';
import { newMarker } from 'qcc-core/kafka/exactly-once/table';
import { fetchTopicId } from 'qcc-core/kafka/kafkajs-2.2.4/topic-id';

/** Instances of the service are running, or started in the meantime. */
export class InputInUseError extends Error {
  override readonly name = 'InputInUseError';
}

export type TakenInput = AsyncDisposable & {
  /** Exact: no instance has moved it since, or `set` fails. */
  readonly position: InputPosition;
  /**
   * Records the offset and the decision, and commits the offset for the consumer group, all in one transaction.
   * @throws InputInUseError if an instance started; the message says whether the offset is set.
   * @throws LaneBrokenError if an instance took the partition back, or if the outcome is unknown.
   */
  set(nextOffset: bigint, decision: OffsetDecision): Promise<void>;
};

export type TakeInput = ServiceInput & {
  kafka: Kafka;
  prefix: string;
  codec: Pick<AvroCodec, 'encode' | 'decode'>;
  partition: number;
  now: () => number;
};

/**
 * Takes over one input partition of a service. All instances of the service must be stopped. This opens the partition's lane. An
 * instance that starts later fences this lane, and `set` then fails.
 *
 * A fence alone is not enough while instances run. If the offset is set back, their consumers would not go back, and would
 * skip the messages in between.
 * @throws InputInUseError
 */
export async function takeInput(input: TakeInput): Promise<TakenInput> {
  const { kafka, group, from, partition, codec } = input;
  const topic = topicName(input.prefix, from);
  await requireStopped(input);
  const topicId = await askWhileSpreading(() => fetchTopicId(kafka, topic));
  const placed = (nextOffset: bigint) => ({ nextOffset, topicId, leaderEpoch: null, now: input.now() });
  const lane = await openLane({
    ...input,
    topic,
    offsets: {
      // The position is read below: this lane commits nothing but what `set` is given.
      resume: async () => 0n,
      message: (_, nextOffset) => inputOffsetMessage(codec, { ...input, ...placed(nextOffset) }),
    },
  });
  try {
    const recorded = await readRecorded(input, lane);
    const { [partition]: position } = await inputPositions({ kafka, group, topic }, () => recorded);
    if (!position) throw new Error(`${topic} has no partition ${partition}`);
    return {
      position,
      async set(nextOffset, decision) {
        await requireStopped(input);
        const message = inputOffsetMessage(codec, { ...input, ...placed(nextOffset), decision });
        await lane.transact((transaction) => transaction.send([message]), { nextOffset });
        if ((await membersOf(input)) > 0) {
          throw new InputInUseError(
            `${topic}/${partition} is set to ${nextOffset}, but an instance of ${input.service} started at the same time and may begin elsewhere: stop all instances and set it again`,
          );
        }
      },
      [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
    };
  } catch (error) {
    await lane[Symbol.asyncDispose]();
    throw error;
  }
}

async function requireStopped(input: TakeInput): Promise<void> {
  const members = await membersOf(input);
  if (members === 0) return;
  throw new InputInUseError(
    `the consumer group ${input.group} has ${members === 1 ? 'a member' : `${members} members`}: stop every instance of ${input.service}, and wait until its session has timed out if it was killed; nothing was changed`,
  );
}

async function membersOf({ kafka, group }: TakeInput): Promise<number> {
  const { groups } = await withAdmin(kafka, (admin) => askWhileSpreading(() => admin.describeGroups([group])));
  return groups.reduce((sum, { members }) => sum + members.length, 0);
}

/** Reads up to the lane's own marker, so that nothing committed before the fence is missed. */
async function readRecorded(input: TakeInput, lane: Lane): Promise<InputOffset | undefined> {
  const { kafka, prefix, codec, partition } = input;
  const own = inputOffsetKey(input);
  const marker = newMarker();
  await lane.transact((transaction) =>
    transaction.send([{ topic: TOPICS.inputOffsets, key: marker, value: null, partition }]),
  );
  let recorded: InputOffset | undefined;
  await readPartition({
    kafka,
    topic: topicName(prefix, TOPICS.inputOffsets),
    prefix,
    partition,
    marker,
    signal: lane.signal,
    async onMessage({ key, value }) {
      if (value && key?.toString() === own) recorded = await codec.decode('input-offsets', value);
    },
  });
  return recorded;
}
