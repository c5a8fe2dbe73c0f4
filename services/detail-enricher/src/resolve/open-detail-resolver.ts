import type { Kafka } from 'kafkajs';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { readCarrier } from 'qcc-core/avro/pass-through-record';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import type { Log } from 'qcc-core/base/logs';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { readPartition } from 'qcc-core/kafka/client/read-topic';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { newMarker } from 'qcc-core/kafka/exactly-once/table';
import { createDetailResolver, type DetailResolver, type DetailResolverDeps } from './detail-resolver.ts';
import { type DetailTask, toDetailTask } from './detail-task.ts';

/**
 * The detail resolver of a lane, in charge of everything that waits in its partition as of the last committed transaction:
 * of its account nobody but the partition's lanes writes there, and opening this one has ended what older ones had begun.
 * What waits elsewhere is not read. Of each entry it keeps where it is, so that memory does not depend on how large the
 * entries are. Calls `onProgress` with each message: reading back takes as long as the partition needs.
 */
export async function openDetailResolver(
  deps: DetailResolverDeps & { account: string; codec: AvroCodec; kafka: Kafka; log: Pick<Log, 'debug'> },
  lane: Lane,
  onProgress: () => void,
): Promise<DetailResolver> {
  const { account, codec, kafka, log, prefix } = deps;
  const { partition } = lane;
  /**
   * The newest of each key, in the order of their offsets: neighbours on the topic are read together. The resolver takes over the map and
   * its keys: all partitions are read at the same time, so copies would add up.
   */
  const newest = new Map<string, DetailTask>();
  const undecodable = new Map<string, UndecodableError>();
  let foreign = 0;

  const note = (name: string, offset: number, body: Buffer): void => {
    const entry = readCarrier('pending-details', body);
    if (entry.record.account === account) newest.set(name, toDetailTask(deps, entry, offset, name));
    else foreign += 1;
  };

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
    async onMessage({ offset, key, value }) {
      onProgress();
      const name = key?.toString() ?? '';
      newest.delete(name);
      undecodable.delete(name);
      if (!value) return;
      try {
        note(name, Number(offset), await codec.body('pending-details', value));
      } catch (error) {
        if (!(error instanceof UndecodableError)) throw error;
        undecodable.set(name, error);
      }
    },
  });
  for (const error of undecodable.values()) throw error;
  if (foreign > 0) log.debug({ partition }, `${foreign} entries of other accounts are left to their services`);
  const resolver = createDetailResolver(deps, lane, newest);
  resolver.take(newest.values());
  return resolver;
}
