import { createMetrics } from 'qcc-core/metrics';
import { changeRecord } from 'qcc-core/testing/change-record';
import { composed } from 'qcc-core/testing/composed';
import { expect, test } from 'vitest';
import { countPublished, type Emission, MOST_VALUE_BYTES, toMessages } from './emission.ts';
import { bareCodec, toSent } from './testing/lane.ts';
import { carriedRecord, exceptionDetails, pendingEntry } from './testing/records.ts';
import type { Enrichment } from './to-enriched.ts';

const record = carriedRecord();
const entry = pendingEntry();

const send = (emission: Emission) =>
  Array.from(toMessages({ codec: bareCodec, partition: 3, at: 5 }, [emission]), toSent);

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
  const emission: Emission = { kind: 'settled', record, result: { status: 'NO_CHECK_ID' }, waited: false };
  expect(send(emission)).toEqual([version('NO_CHECK_ID', null), fact('ENRICHED')]);
});

test('one that has waited also ends its entry', () => {
  const emission: Emission = { kind: 'settled', record, result: { status: 'FAILED', reason: 'QCC_202' }, waited: true };
  expect(send(emission)).toEqual([version('FAILED', 'QCC_202'), waits(null), fact('ENRICHED')]);
});

const { record: _bytes, ...state } = entry;
const whole = changeRecord();

test('one that waits is an entry that only the enricher reads', () => {
  expect(send({ kind: 'waiting', entry })).toEqual([waits({ ...state, record: whole })]);
});

test('one that has waited too long is a pending version, an entry that knows of it, and its fact', () => {
  expect(send({ kind: 'pending', entry, reason: 'WAIT_EXCEEDED' })).toEqual([
    version('PENDING', 'WAIT_EXCEEDED'),
    waits({ ...state, record: whole, published: true, reason: 'WAIT_EXCEEDED' }),
    fact('DETAILS_PENDING'),
  ]);
});

test.each([
  ['fits', MOST_VALUE_BYTES, false],
  ['would be refused', MOST_VALUE_BYTES + 1, true],
])('details leave a message that %s: %d bytes, %s', (_, bytes, truncated) => {
  const carried: Enrichment[] = [];
  const sized: typeof bareCodec = {
    ...bareCodec,
    carry(_topic, _record, rest) {
      carried.push(rest as unknown as Enrichment);
      return composed(Buffer.alloc(carried.length === 1 ? bytes : 10));
    },
  };
  const details = exceptionDetails(3);
  const [message] = toMessages({ codec: sized, partition: 0, at: 0 }, [
    { kind: 'settled', record, result: { status: 'ENRICHED', details, fetchedAt: 0 }, waited: false },
  ]);
  expect(message!.value).toMatchObject({ byteLength: truncated ? 10 : bytes });
  expect(carried.at(-1)).toMatchObject({
    detailsTruncated: truncated,
    detailsTotal: 3,
    exceptions: truncated ? [] : details.exceptions,
  });
});

test('only versions count as published', async () => {
  const metrics = createMetrics({ service: 'detail-enricher', account: 'main' });
  countPublished(metrics, [
    { kind: 'waiting', entry },
    { kind: 'pending', entry, reason: 'GATE_CLOSED' },
    { kind: 'settled', record, result: { status: 'NOT_APPLICABLE' }, waited: false },
    { kind: 'settled', record, result: { status: 'NOT_APPLICABLE' }, waited: true },
  ]);
  const { values } = await metrics.enriched.get();
  expect(values.map(({ labels, value }) => [labels.status, value])).toEqual([
    ['PENDING', 1],
    ['NOT_APPLICABLE', 2],
  ]);
});
