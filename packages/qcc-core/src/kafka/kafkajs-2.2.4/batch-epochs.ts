/** Tells the leader epochs of a batch, which kafkajs 2.2.4 decodes and does not show. This file replaces nothing. */
import type { Batch } from 'kafkajs';
import type { FetchedMessage } from '../wire/fetched-records.ts';
import type { EpochRun } from '../wire/leader-epochs.ts';
import { kafkaJsModule, requireShape } from './guard.ts';

const BatchOfKafkaJs = kafkaJsModule<new () => Batch>('consumer/batch.js');
requireShape('Batch', BatchOfKafkaJs, ['this.rawMessages = messages']);

/** Messages of old formats have no context. */
type RawMessage = Pick<FetchedMessage, 'offset'> & Partial<Pick<FetchedMessage, 'batchContext'>>;

/** Of all messages of the fetched batches: also control records, messages of aborted transactions, and some before the position. */
export function epochsOf(batch: Batch): EpochRun[] {
  const runs: EpochRun[] = [];
  let context: RawMessage['batchContext'];
  for (const message of (batch as unknown as { rawMessages: readonly RawMessage[] }).rawMessages) {
    // Those of one batch share it, and reading an offset takes time.
    if (runs.length > 0 && message.batchContext === context) continue;
    context = message.batchContext;
    const epoch = context === undefined || context.partitionLeaderEpoch < 0 ? null : context.partitionLeaderEpoch;
    if (runs.at(-1)?.epoch !== epoch) runs.push({ from: BigInt(message.offset), epoch });
  }
  return runs;
}
