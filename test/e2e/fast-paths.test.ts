// @module-tag whole
import avsc from 'avsc';
import { loadSchema } from 'qcc-core/avro/schemas';
import type { ChangeRecord, EnrichedRecord } from 'qcc-core/contract/domain';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { startPipeline } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';

/**
 * The same orders through the pipeline with its own encoder and decoder, and with those of kafkajs alone: what subscribers see
 * does not depend on them.
 */
const ORDERS = [
  { records: 300, pushDate: '2026-03-16 09:10:00' },
  { records: 300, pushDate: '2026-03-16 11:10:00', repeat: 50, repeatWithin: 5 },
];

/** Of a record, what its order decides: not when something happened, who found it first, nor how the archive was encrypted. */
const lasting = ({ archiveSha256: _sha256, source: _source, ...record }: ChangeRecord) => record;

async function publish(fastPaths: boolean) {
  await using pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'fast-paths' },
    env: { KAFKA_FAST_PATHS: String(fastPaths), DETAIL_RATE_PER_SECOND: '1000' },
  });
  const orderNos: string[] = [];
  for (const order of ORDERS) orderNos.push((await pipeline.simulator.createOrder(order)).orderNo);
  await vi.waitFor(async () => {
    const sql = 'SELECT status FROM {{db}}.orders';
    const statuses = (await pipeline.query<{ status: string }>(sql)).map(({ status }) => status);
    expect(statuses).toEqual(ORDERS.map(() => 'COMPLETE'));
  }, PATIENCE);
  const read = async <Value>(topic: 'records' | 'enriched-records'): Promise<Value[]> => {
    const type = avsc.Type.forSchema(loadSchema(topic));
    const messages = await readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}${topic}`);
    return messages.map(({ value }) => type.fromBuffer(value!.subarray(5)) as Value);
  };
  const inOrder = <Value extends ChangeRecord>(records: Value[]) =>
    records
      .map((record) => ({ ...record, orderNo: orderNos.indexOf(record.orderNo) }))
      .sort((a, b) => a.orderNo - b.orderNo || a.position - b.position);
  return {
    records: inOrder((await read<ChangeRecord>('records')).map(lasting) as ChangeRecord[]),
    settled: inOrder(
      (await read<EnrichedRecord>('enriched-records'))
        .filter(({ detailStatus }) => detailStatus !== 'PENDING')
        .map(({ record, version: _version, detailsFetchedAt: _fetchedAt, ...details }) => ({
          ...lasting(record),
          ...details,
        })) as (ChangeRecord & Omit<EnrichedRecord, 'record'>)[],
    ),
  };
}

test('records and enriched records are the same with the fast paths and without them', async () => {
  const [fast, plain] = await Promise.all([publish(true), publish(false)]);
  expect(fast.records).toHaveLength(600);
  expect(fast.settled).toHaveLength(600);
  expect(plain.records).toEqual(fast.records);
  expect(plain.settled).toEqual(fast.settled);
});
