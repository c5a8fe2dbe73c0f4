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
 * Opens the detail resolver of a lane. It takes charge of all entries that wait in the lane's partition as of the last committed
 * transaction. Only lanes of this partition write entries of this account there, and opening this lane has ended the transactions of older
 * ones. Entries of other partitions are not read. It keeps only the offset of each entry, so memory does not depend on the size of the
 * entries. Calls `onProgress` for each message, because a large partition takes long to read.
 * @throws UndecodableError if an entry does not decode.
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
