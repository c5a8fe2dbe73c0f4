/** Reads the leader epochs of a batch. kafkajs 2.2.4 decodes them but does not expose them. This file patches nothing. */
import type { Batch } from 'kafkajs';
import type { FetchedMessage } from '../wire/fetched-records.ts';
import type { EpochRun } from '../wire/leader-epochs.ts';
import { kafkaJsModule, requireShape } from './guard.ts';

const BatchOfKafkaJs = kafkaJsModule<new () => Batch>('consumer/batch.js');
requireShape('Batch', BatchOfKafkaJs, ['this.rawMessages = messages']);

/** Messages of old formats have no context. */
type RawMessage = Pick<FetchedMessage, 'offset'> & Partial<Pick<FetchedMessage, 'batchContext'>>;

/** Covers all fetched messages, including control records, aborted messages, and messages before the consumer's position. */
export function epochsOf(batch: Batch): EpochRun[] {
  const runs: EpochRun[] = [];
  let context: RawMessage['batchContext'];
  for (const message of (batch as unknown as { rawMessages: readonly RawMessage[] }).rawMessages) {
    // Messages of one batch share the context object. Skipping them avoids parsing every offset.
    if (runs.length > 0 && message.batchContext === context) continue;
    context = message.batchContext;
    const epoch = context === undefined || context.partitionLeaderEpoch < 0 ? null : context.partitionLeaderEpoch;
    if (runs.at(-1)?.epoch !== epoch) runs.push({ from: BigInt(message.offset), epoch });
  }
  return runs;
}
