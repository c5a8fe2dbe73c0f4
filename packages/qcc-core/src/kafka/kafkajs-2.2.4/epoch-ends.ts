/** Asks leaders where an epoch ends in their log (KIP-101, KIP-320). kafkajs 2.2.4 does not know the request. */
import type { Kafka } from 'kafkajs';
import type { EpochEnd } from '../wire/leader-epochs.ts';
import { withCluster } from './cluster.ts';
import { type Connections, type Decoder, type Encoder, sendRequest } from './protocol.ts';

/** The last version before tagged fields (Kafka 2.3). */
const OFFSET_FOR_LEADER_EPOCH = { apiKey: 23, apiVersion: 3, apiName: 'OffsetForLeaderEpoch' } as const;
const CLIENT_REPLICA_ID = -1;
/** The broker does not check our view of its current epoch. */
const ANY_EPOCH = -1;

type EpochQuestion = { partition: number; leaderEpoch: number };

/**
 * Asks the leader of each partition where the epoch ends. All questions about one partition go to the same broker. Opens connections
 * and closes them again.
 * @returns the answers in the order of the questions.
 * @throws errors of kafkajs, such as NOT_LEADER_FOR_PARTITION while partitions move
 */
export async function fetchEpochEnds(
  kafka: Kafka,
  topic: string,
  questions: readonly EpochQuestion[],
): Promise<EpochEnd[]> {
  if (questions.length === 0) return [];
  return await withCluster<Connections, EpochEnd[]>(kafka, topic, async (cluster) => {
    const ends: EpochEnd[] = [];
    for (const question of questions) {
      const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [question.partition]));
      if (nodeId === undefined) throw new Error(`${topic} has no partition ${question.partition}`);
      const { connectionPool } = await cluster.findBroker({ nodeId });
      ends.push(
        await sendRequest(connectionPool, OFFSET_FOR_LEADER_EPOCH, {
          encode: (encoder) => encodeRequest(encoder, topic, question),
          decode: decodeResponse,
        }),
      );
    }
    return ends;
  });
}

const encodeRequest = (encoder: Encoder, topic: string, { partition, leaderEpoch }: EpochQuestion): Encoder =>
  encoder
    .writeInt32(CLIENT_REPLICA_ID)
    .writeInt32(1) // topics
    .writeString(topic)
    .writeInt32(1) // partitions
    .writeInt32(partition)
    .writeInt32(ANY_EPOCH)
    .writeInt32(leaderEpoch);

/** Kafka protocol guide, "OffsetForLeaderEpoch Response (Version: 3)", of one partition. */
function decodeResponse(decoder: Decoder): EpochEnd & { errorCode: number } {
  decoder.readInt32(); // throttle_time_ms
  decoder.readInt32(); // topics
  decoder.readString();
  decoder.readInt32(); // partitions
  const errorCode = decoder.readInt16();
  decoder.readInt32(); // partition
  return { errorCode, leaderEpoch: decoder.readInt32(), endOffset: BigInt(decoder.readInt64().toString()) };
}
