import { RegistryError, UndecodableError } from 'qcc-core/avro/codec';
import { avroType } from 'qcc-core/avro/types';
import { DETAIL_ENDPOINTS } from 'qcc-core/details/all';
import type { ChangeRecord } from 'qcc-core/domain';
import { createDeadLetterRuns } from 'qcc-core/kafka/dead-letter-run';
import { createMetrics } from 'qcc-core/metrics';
import { changeRecord } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import type { ClosedReason } from './call-permission.ts';
import type { PendingEntry } from './emission.ts';
import { createEnrichRecords } from './enrich-records.ts';
import { bareCodec, createTestLane } from './testing/lane.ts';

function setUp({ closedFor = null }: { closedFor?: ClosedReason | null } = {}) {
  const { lane, committed, breakNext } = createTestLane();
  const taken: PendingEntry[] = [];
  const enrichRecords = createEnrichRecords({
    account: 'main',
    prefix: 'qcc.',
    endpoints: DETAIL_ENDPOINTS,
    source: { remembered: () => undefined },
    keptAnswer: async () => undefined,
    permission: { closedFor: () => closedFor },
    now: () => 5,
    codec: {
      ...bareCodec,
      async body(_topic, bytes) {
        if (bytes.length === 0) throw new UndecodableError('no magic byte');
        if (bytes.toString() === 'registry down') throw new RegistryError('no answer');
        return bytes;
      },
    },
    runs: createDeadLetterRuns({ limit: 3 }),
    log: { error() {} },
    metrics: createMetrics({ service: 'detail-enricher', account: 'main' }),
  });
  const run = (values: (Partial<ChangeRecord> | string | null)[]) =>
    enrichRecords({
      lane,
      state: { take: (entries) => void taken.push(...entries) },
      messages: values.map((value, offset) => ({
        key: Buffer.from('key'),
        value: toBytes(value),
        timestamp: '0',
        attributes: 0,
        offset: String(offset),
        headers: {},
      })),
      nextOffset: BigInt(values.length),
      signal: lane.signal,
    });
  return { run, lane, committed, taken, breakNext };
}

function toBytes(value: Partial<ChangeRecord> | string | null): Buffer | null {
  if (value === null) return null;
  return typeof value === 'string' ? Buffer.from(value) : avroType('records').toBuffer(changeRecord(value));
}

test('records, entries, dead letters and facts are one transaction with the offset', async () => {
  const { run, lane, committed, taken } = setUp();
  await run([{ type: '4', position: 0 }, { position: 1 }, null, { account: 'other', position: 3 }, null]);
  expect(lane.nextOffset).toBe(5n);
  expect(committed).toHaveLength(1);
  const [sent] = committed;
  expect(sent!.map(({ topic }) => topic)).toEqual([
    'enriched-records',
    'pending-details',
    'order-events',
    'dead-letters',
    'dead-letters',
  ]);
  expect(sent![2]!.value).toMatchObject({ stage: 'ENRICHED', positions: [{ first: 0, last: 0 }] });
  expect(sent!.slice(3).map(({ value }) => value)).toMatchObject([
    { 'qcc.dlq.reason': 'MESSAGE_UNDECODABLE', 'qcc.dlq.topic': 'qcc.records', 'qcc.dlq.offset': '2' },
    { 'qcc.dlq.reason': 'MESSAGE_UNDECODABLE', 'qcc.dlq.partition': '3', 'qcc.dlq.offset': '4' },
  ]);
  expect(taken).toMatchObject([{ record: { position: 1 }, published: false, admittedAt: 5 }]);
});

test('while the gate is closed the pending version goes with the admission', async () => {
  const { run, committed, taken } = setUp({ closedFor: 'READ_ONLY' });
  await run([{ position: 1 }]);
  expect(committed[0]!.map(({ topic }) => topic)).toEqual(['enriched-records', 'pending-details', 'order-events']);
  expect(committed[0]![0]!.value).toMatchObject({ detailStatus: 'PENDING', detailReason: 'READ_ONLY' });
  expect(committed[0]![1]!.value).toMatchObject({ published: true });
  expect(committed[0]![2]!.value).toMatchObject({ stage: 'DETAILS_PENDING' });
  expect(taken).toMatchObject([{ published: true }]);
});

test('a registry that does not answer is not the fault of the message: the batch comes again', async () => {
  const { run, committed, taken } = setUp();
  await expect(run([{ position: 1 }, 'registry down'])).rejects.toThrow(RegistryError);
  expect([committed, taken]).toEqual([[], []]);
});

test('nothing is taken in charge that was not committed', async () => {
  const { run, breakNext, taken } = setUp();
  breakNext();
  await expect(run([{ position: 1 }])).rejects.toThrow('fenced');
  expect(taken).toEqual([]);
});

test('more messages in a row than the limit that are no records stop it, with nothing sent or committed', async () => {
  const { run, lane, committed } = setUp();
  await expect(run([{ type: '4' }, null, null, null, null])).rejects.toThrow('DEAD_LETTER_RUN_LIMIT');
  expect([lane.nextOffset, committed]).toEqual([0n, []]);
});
