import { createMetrics } from 'qcc-core/base/metrics';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { sizeOfMessage } from 'qcc-core/kafka/wire/record-batch';
import { changeRecord } from 'qcc-core/testing/change-record';
import { packedDetails, passThroughRecord } from 'qcc-details/testing/details';
import { expect, test } from 'vitest';
import { bareCodec } from '../testing/bare-codec.ts';
import { toSent } from '../testing/lane.ts';
import { pendingEntry } from '../testing/records.ts';
import type { Decision } from './decision.ts';
import { TransactionOutput } from './transaction-output.ts';

const record = passThroughRecord();
const entry = pendingEntry();

const send = (decision: Decision) =>
  Array.from(new TransactionOutput({ codec: bareCodec, partition: 3 }).messages([decision], 5), toSent);

const KEY = 'main|DDMON2021031616145803273367|0|0';
const version = (status: string, reason: string | null) => ({
  topic: 'enriched-records',
  key: record.corpKeyNo,
  partition: undefined,
  value: expect.objectContaining({ detailStatus: status, detailReason: reason }),
});
const fact = (stage: string) => ({
  topic: 'order-events',
  key: record.orderNo,
  partition: undefined,
  value: expect.objectContaining({ stage, positions: [{ first: 0, last: 0 }] }),
});
const waits = (value: unknown) => ({ topic: 'pending-details', key: KEY, partition: 3, value });

test('a change that never waited is one version and its fact', () => {
  const decision: Decision = { kind: 'settled', record, result: { status: 'NO_CHECK_ID' }, hasEntry: false };
  expect(send(decision)).toEqual([version('NO_CHECK_ID', null), fact('ENRICHED')]);
});

test('one that has waited also ends its entry', () => {
  const decision: Decision = {
    kind: 'settled',
    record,
    result: { status: 'FAILED', reason: 'QCC_202' },
    hasEntry: true,
  };
  expect(send(decision)).toEqual([version('FAILED', 'QCC_202'), waits(null), fact('ENRICHED')]);
});

const { record: _bytes, ...state } = entry;
const whole = changeRecord();

test('one that waits is an entry that only the enricher reads', () => {
  expect(send({ kind: 'deferred', entry })).toEqual([waits({ ...state, record: whole })]);
});

test('one that has waited too long is a pending version, an entry that knows of it, and its fact', () => {
  expect(send({ kind: 'pending', entry, reason: 'WAIT_EXCEEDED' })).toEqual([
    version('PENDING', 'WAIT_EXCEEDED'),
    waits({ ...state, record: whole, published: true, reason: 'WAIT_EXCEEDED' }),
    fact('DETAILS_PENDING'),
  ]);
});

/** The limit of the topic without room for the headers of a trace. */
const MOST_BYTES = 8_388_608 - 1_024;

test.each([
  { what: 'fits', corpKeyNo: 'k', bytes: MOST_BYTES, truncated: false },
  { what: 'might be refused with headers', corpKeyNo: 'k', bytes: MOST_BYTES + 1, truncated: true },
  { what: 'fits with a key of 267 kB', corpKeyNo: '企'.repeat(89_000), bytes: MOST_BYTES, truncated: false },
  { what: 'might be refused for its key', corpKeyNo: '企'.repeat(89_000), bytes: MOST_BYTES + 1, truncated: true },
])('details leave a message that $what: $truncated', ({ corpKeyNo, bytes: whole, truncated }) => {
  const result = { status: 'ENRICHED', details: packedDetails(3), fetchedAt: 0 } as const;
  const decision: Decision = { kind: 'settled', record: passThroughRecord({ corpKeyNo }), result, hasEntry: false };
  // All values of at least 1 MiB have the same framing.
  const around = sizeOfMessage({ key: corpKeyNo, value: { byteLength: 4_000_000 } }) - 4_000_000;
  const bytes = whole - around;
  // Whatever is said of it, its bytes are those of three rows; it is as large as it says the first time it is asked.
  let asked = 0;
  const sized: typeof bareCodec = {
    ...bareCodec,
    carry(...given) {
      const value = bareCodec.carry(...given);
      asked += 1;
      return asked === 1 ? { ...value, byteLength: bytes } : value;
    },
  };
  const [message] = new TransactionOutput({ codec: sized, partition: 3 }).messagesOf(decision);
  expect(asked).toBe(truncated ? 2 : 1);
  if (!truncated) return expect(message!.value).toMatchObject({ byteLength: bytes });
  const { value } = toSent(message!) as { value: EnrichedRecord };
  expect(value).toMatchObject({ detailsTruncated: true, detailsTotal: 3, exceptions: [] });
  const [sent] = send(decision) as { value: EnrichedRecord }[];
  expect(sent!.value.version).toEqual(value.version);
});

test('only versions count as published', async () => {
  const metrics = createMetrics({ service: 'detail-enricher', account: 'main' });
  const output = new TransactionOutput({ codec: bareCodec, partition: 3 });
  for (const decision of [
    { kind: 'deferred', entry },
    { kind: 'pending', entry, reason: 'GATE_CLOSED' },
    { kind: 'settled', record, result: { status: 'NOT_APPLICABLE' }, hasEntry: false },
    { kind: 'settled', record, result: { status: 'NOT_APPLICABLE' }, hasEntry: true },
  ] satisfies Decision[])
    output.messagesOf(decision);
  output.count(metrics);
  const { values } = await metrics.enriched.get();
  expect(values.map(({ labels, value }) => [labels.status, value])).toEqual([
    ['PENDING', 1],
    ['NOT_APPLICABLE', 2],
  ]);
});

const headersOf = (decision: Decision) =>
  new TransactionOutput({ codec: bareCodec, partition: 3 })
    .messagesOf(decision)
    .map(({ topic, value, headers }) => [value === null ? `${topic.name} ends` : topic.name, headers]);

test('versions and entries carry the trace of their record, and ends of entries carry none', () => {
  const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  const traced = { ...record, trace };
  const whole = { ...entry, record: traced };
  expect(headersOf({ kind: 'pending', entry: whole, reason: 'QCC_205' })).toEqual([
    ['enriched-records', trace],
    ['pending-details', trace],
  ]);
  expect(
    headersOf({ kind: 'settled', record: traced, result: { status: 'NO_RESULT', fetchedAt: 5 }, hasEntry: true }),
  ).toEqual([
    ['enriched-records', trace],
    ['pending-details ends', undefined],
  ]);
});

test('without a trace no message has headers', () => {
  const messages = new TransactionOutput({ codec: bareCodec, partition: 3 }).messagesOf({
    kind: 'pending',
    entry,
    reason: '',
  });
  expect(messages.filter((message) => 'headers' in message)).toEqual([]);
});
