import { RegistryError } from 'qcc-core/avro/codec';
import { avroType } from 'qcc-core/avro/types';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import { createMetrics } from 'qcc-core/base/metrics';
import type { ChangeRecord, EnrichedRecord } from 'qcc-core/contract/domain';
import { LaneBrokenError } from 'qcc-core/kafka/client/errors';
import { RefusalSearches } from 'qcc-core/kafka/client/refusal-search';
import { createDeadLetterRuns, type DeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import { changeRecord, PUSH_DATE } from 'qcc-core/testing/change-record';
import type { DetailResponse } from 'qcc-details/detail-result';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { packedDetails } from 'qcc-details/testing/details';
import { expect, test } from 'vitest';
import type { BlockReason } from '../quota/admit-call.ts';
import { bareCodec } from '../testing/bare-codec.ts';
import { createTestLane, type Sent } from '../testing/lane.ts';
import type { PendingEntry } from './decision.ts';
import { createEnrichRecords } from './enrich-records.ts';

function setUp({
  searches = new RefusalSearches(({ offset }) => offset),
  runs = createDeadLetterRuns({ limit: 3 }),
  isRefused,
  blockedBy = null,
  response,
}: {
  blockedBy?: BlockReason | null;
  /** What is remembered for every change. */
  response?: DetailResponse;
  searches?: RefusalSearches<{ offset: string }>;
  runs?: DeadLetterRuns;
  isRefused?: (sent: readonly Sent[]) => boolean;
} = {}) {
  const { lane, committed, breakNext, mostPacked } = createTestLane(isRefused);
  const taken: PendingEntry[] = [];
  const enrichRecords = createEnrichRecords({
    account: 'main',
    prefix: 'qcc.',
    group: 'qcc.detail-enricher',
    endpoints: DETAIL_ENDPOINTS,
    source: { remembered: () => response },
    keptResponse: async () => undefined,
    calls: { blockedBy: () => blockedBy },
    now: () => 5,
    codec: {
      ...bareCodec,
      async body(_topic, bytes) {
        if (bytes.length === 0) throw new UndecodableError('no magic byte');
        if (bytes.toString() === 'registry down') throw new RegistryError('no response');
        return bytes;
      },
    },
    runs,
    searches,
    log: { error() {} },
    metrics: createMetrics({ service: 'detail-enricher', account: 'main' }),
  });
  const run = (values: (Partial<ChangeRecord> | string | null)[], from = 0) =>
    enrichRecords({
      lane,
      state: { take: (_, whole) => void taken.push(...whole!) },
      messages: values.map((value, offset) => ({
        key: Buffer.from('key'),
        value: toBytes(value),
        timestamp: '0',
        attributes: 0,
        offset: String(from + offset),
        headers: {},
      })),
      nextOffset: BigInt(from + values.length),
      signal: lane.signal,
    });
  return { run, lane, committed, taken, breakNext, mostPacked };
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

test('of thousands of messages each record is one version, in their order and in one transaction', async () => {
  const { run, lane, committed } = setUp();
  await run(Array.from({ length: 1_201 }, (_, position) => (position === 700 ? null : { type: '4', position })));
  expect(lane.nextOffset).toBe(1_201n);
  expect(committed).toHaveLength(1);
  const valuesOf = (wanted: string) => committed[0]!.flatMap(({ topic, value }) => (topic === wanted ? [value] : []));
  const positions = Array.from({ length: 1_201 }, (_, position) => position).toSpliced(700, 1);
  expect(valuesOf('enriched-records')).toMatchObject(positions.map((position) => ({ record: { position } })));
  expect(valuesOf('dead-letters')).toMatchObject([{ 'qcc.dlq.offset': '700' }]);
  const ranges = [
    { first: 0, last: 699 },
    { first: 701, last: 1_200 },
  ];
  expect(valuesOf('order-events')).toMatchObject([{ stage: 'ENRICHED', positions: ranges }]);
});

test('many changes that share large details are one transaction, of which little is packed before it is sent', async () => {
  const details = packedDetails(3_000);
  const bytes = details.lists.length;
  const records = Math.ceil((16 * 1_048_576) / bytes);
  const { run, committed, mostPacked } = setUp({ response: { kind: 'success', value: details, fetchedAt: PUSH_DATE } });
  await run(Array.from({ length: records }, (_, position) => ({ position })));
  expect(committed).toHaveLength(1);
  const versions = committed[0]!.filter(({ topic }) => topic === 'enriched-records');
  expect(versions.map(({ value }) => (value as EnrichedRecord).record.position)).toEqual(
    Array.from({ length: records }, (_, position) => position),
  );
  expect(committed[0]!.at(-1)!.value).toMatchObject({ positions: [{ first: 0, last: records - 1 }] });
  expect(mostPacked()).toBeGreaterThan(2 * 1_048_576);
  expect(mostPacked()).toBeLessThan(4 * 1_048_576 + 2 * bytes);
});

test('while the circuit breaker is tripped the pending version is published with the decision', async () => {
  const { run, committed, taken } = setUp({ blockedBy: 'READ_ONLY' });
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

/** A batch that is delivered to a new lane whenever the last one is broken, without the messages that were committed. */
async function runUntilDone(
  records: Partial<ChangeRecord>[],
  given: Pick<Parameters<typeof setUp>[0] & object, 'response' | 'blockedBy' | 'isRefused'>,
) {
  const searches = new RefusalSearches<{ offset: string }>(({ offset }) => offset);
  const runs = createDeadLetterRuns({ limit: 3 });
  const committed: Sent[] = [];
  let done = 0;
  let failures = 0;
  while (done < records.length) {
    const { run, lane, ...lived } = setUp({ ...given, searches, runs });
    await run(records.slice(done), done).catch((error: unknown) => {
      if (!(error instanceof LaneBrokenError)) throw error;
      failures += 1;
    });
    committed.push(...lived.committed.flat());
    done = Math.max(done, Number(lane.nextOffset));
  }
  const of = (topic: string) => committed.filter((each) => each.topic === topic).map(({ value }) => value);
  const facts = of('order-events') as { stage: string; positions: { first: number; last: number }[] }[];
  return {
    failures,
    versions: of('enriched-records') as EnrichedRecord[],
    pending: of('pending-details') as { record: ChangeRecord }[],
    deadLetters: of('dead-letters') as Record<string, string>[],
    rejected: facts.flatMap(({ stage, positions }) => (stage === 'REJECTED' ? positions : [])),
  };
}

const hasPosition = (topic: string, position: number) => (sent: readonly Sent[]) =>
  sent.some((each) => each.topic === topic && (each.value as EnrichedRecord).record.position === position);

test('a change whose version the broker refuses becomes a dead letter, and all others are published once', async () => {
  const records = Array.from({ length: 90 }, (_, position) => ({ type: '4', position }));
  const { versions, deadLetters, rejected, failures } = await runUntilDone(records, {
    isRefused: hasPosition('enriched-records', 61),
  });
  expect(versions.map(({ record }) => record.position)).toEqual([...Array(90).keys()].toSpliced(61, 1));
  expect(deadLetters).toMatchObject([
    {
      'qcc.dlq.reason': 'RECORD_TOO_LARGE',
      'qcc.dlq.stage': 'detail-enricher',
      'qcc.dlq.offset': '61',
      'qcc.dlq.position': '61',
      'qcc.dlq.archiveSha256': changeRecord().archiveSha256,
    },
  ]);
  expect(rejected).toEqual([{ first: 61, last: 61 }]);
  expect(failures).toBeLessThan(15);
});

test('a version that the broker refuses for its details goes on without them', async () => {
  const response = { kind: 'success', value: packedDetails(3), fetchedAt: PUSH_DATE } as const;
  const { versions, deadLetters } = await runUntilDone([{ position: 0 }, { position: 1 }], {
    response,
    isRefused: (sent) =>
      sent.some(({ topic, value }) => {
        const { record, exceptions } = (topic === 'enriched-records' ? value : {}) as Partial<EnrichedRecord>;
        return record?.position === 1 && exceptions?.length === 3;
      }),
  });
  expect(versions.map(({ detailsTruncated, detailsTotal }) => [detailsTruncated, detailsTotal])).toEqual([
    [false, 3],
    [true, 3],
  ]);
  expect(deadLetters).toEqual([]);
});

test('a change whose entry the broker refuses does not wait for details: it becomes a dead letter', async () => {
  const { pending, deadLetters, rejected } = await runUntilDone([{ position: 0 }, { position: 1 }, { position: 2 }], {
    isRefused: hasPosition('pending-details', 1),
  });
  expect(pending.map(({ record }) => record.position)).toEqual([0, 2]);
  expect(deadLetters).toMatchObject([{ 'qcc.dlq.reason': 'RECORD_TOO_LARGE', 'qcc.dlq.position': '1' }]);
  expect(rejected).toEqual([{ first: 1, last: 1 }]);
});

test('if everything is refused, the consumer stops at the limit', async () => {
  const records = Array.from({ length: 20 }, (_, position) => ({ type: '4', position }));
  const isRefused = (sent: readonly Sent[]) => sent.some(({ topic }) => topic === 'enriched-records');
  await expect(runUntilDone(records, { isRefused })).rejects.toThrow(
    /records\/3 stops at offset 3: 4 messages in a row .*RECORD_TOO_LARGE/,
  );
});
