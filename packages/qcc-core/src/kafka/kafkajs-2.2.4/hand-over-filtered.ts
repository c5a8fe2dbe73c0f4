/**
 * Gives batches whose messages are all hidden (control records, aborted transactions) to handlers that resolve offsets themselves.
 * kafkajs 2.2.4 passes over such a batch without telling anybody. A consumer that compares leader epochs would then not know that
 * its position has moved. Importing this file is enough.
 */
import type { Batch } from 'kafkajs';
import { kafkaJsModule, requireShape } from './guard.ts';

type Runner = { eachBatch?: unknown; eachBatchAutoResolve: boolean; handleBatch(batch: Batch): Promise<void> };

const { prototype } = kafkaJsModule<{ prototype: Runner }>('consumer/runner.js');
const { handleBatch } = prototype;
requireShape('Runner.handleBatch', handleBatch, [
  'batch.isEmptyDueToFiltering()',
  'batch.isEmpty()',
  'this.processEachBatch(batch)',
]);
requireShape('Batch', kafkaJsModule('consumer/batch.js'), ['return this.isEmpty() && this.rawMessages.length > 0']);

prototype.handleBatch = function handOverFiltered(batch) {
  const resolvesItself = this.eachBatch !== undefined && !this.eachBatchAutoResolve;
  const isFiltered = (batch as unknown as { isEmptyDueToFiltering(): boolean }).isEmptyDueToFiltering();
  if (resolvesItself && isFiltered) Object.assign(batch, { isEmpty: () => false });
  return handleBatch.call(this, batch);
};
