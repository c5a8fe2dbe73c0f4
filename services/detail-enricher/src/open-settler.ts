import type { Kafka } from 'kafkajs';
import { readCarrier } from 'qcc-core/avro/carried-record';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Lane } from 'qcc-core/kafka/lane';
import { readPartition } from 'qcc-core/kafka/read-topic';
import { newMarker } from 'qcc-core/kafka/table';
import { TOPICS, topicName } from 'qcc-core/kafka/topics';
import type { Log } from 'qcc-core/logs';
import { createSettler, type Settler, type SettlerDeps } from './settler.ts';

/**
 * The settler of a lane, in charge of everything that waits in its partition as of the last committed transaction: of its
 * account nobody but the partition's lanes writes there, and opening this one has ended what older ones had begun. What waits
 * elsewhere is not read.
 */
export async function openSettler(
  deps: SettlerDeps & { account: string; codec: AvroCodec; kafka: Kafka; log: Pick<Log, 'debug'> },
  lane: Lane,
): Promise<Settler> {
  const { account, codec, kafka, log, prefix } = deps;
  const { partition } = lane;
  const newest = new Map<string, Buffer>();
  const marker = newMarker();
  await lane.transact((transaction) =>
    transaction.send([{ topic: TOPICS.pendingDetails, key: marker, value: null, partition }]),
  );
  await readPartition({
    kafka,
    topic: topicName(prefix, TOPICS.pendingDetails),
    prefix,
    partition,
    marker,
    signal: lane.signal,
    onMessage({ key, value }) {
      const name = key?.toString() ?? '';
      // A copy: the buffer read is a part of a whole fetch and would keep it in memory.
      if (value) newest.set(name, Buffer.from(value));
      else newest.delete(name);
    },
  });
  const bodies = await Promise.all(Array.from(newest.values(), (value) => codec.body('pending-details', value)));
  const entries = bodies.map((body) => readCarrier('pending-details', body));
  const own = entries.filter(({ record }) => record.account === account);
  if (own.length < entries.length) {
    log.debug({ partition }, `${entries.length - own.length} details of other accounts are left to their services`);
  }
  const settler = createSettler(deps, lane);
  settler.take(own);
  return settler;
}
