import { expect, test } from 'vitest';
import type { DeadLetter } from './dead-letter.ts';
import { planReplay, withoutReplayed } from './plan-replay.ts';

const deadLetter = (id: string, parts: Partial<DeadLetter> = {}): DeadLetter => ({
  id,
  isOpen: true,
  rejectedAt: '2026-11-24 10:00:00',
  stage: 'archive-extractor',
  reason: 'MESSAGE_UNDECODABLE',
  message: '',
  originTopic: 'qcc.orders',
  originPartition: 1,
  originOffset: '7',
  account: 'main',
  orderNo: null,
  revision: null,
  position: null,
  key: 'k',
  value: 'v',
  valueEncoding: 'utf8',
  ...parts,
});
const plan = (deadLetters: DeadLetter[], isNamed = false) => planReplay(deadLetters, { prefix: 'qcc.', isNamed });

test.each<[string, Partial<DeadLetter>, object]>([
  [
    'an order that failed',
    { reason: 'ARCHIVE_DAMAGED', orderNo: 'DD1' },
    { kind: 'order', account: 'main', orderNo: 'DD1' },
  ],
  [
    'a record of an order',
    { reason: 'RECORD_NOT_JSON', orderNo: 'DD1', position: 3 },
    { kind: 'order', orderNo: 'DD1' },
  ],
  [
    'a record whose details were given up',
    { stage: 'detail-enricher', reason: 'DETAIL_ANSWER_UNKNOWN', orderNo: 'DD1', position: 3 },
    { kind: 'order', orderNo: 'DD1' },
  ],
  [
    'a record that Kafka refused from the enricher',
    { stage: 'detail-enricher', reason: 'RECORD_TOO_LARGE', orderNo: 'DD1', position: 3, originOffset: null },
    { kind: 'order', orderNo: 'DD1' },
  ],
  ['a message that is no order', {}, { kind: 'message', topic: { name: 'orders' }, partition: 1, offset: '7' }],
  [
    'a message that the enricher could not read',
    { stage: 'detail-enricher', originTopic: 'qcc.records' },
    { kind: 'message', topic: { name: 'records' } },
  ],
  [
    'a row that ClickHouse refused',
    { stage: 'sink', reason: 'ROW_REFUSED', orderNo: 'DD1', position: 3, originTopic: 'qcc.enriched-records' },
    { kind: 'message', topic: { name: 'enriched-records' } },
  ],
])('%s is replayed as what it is', (_name, parts, expected) => {
  const { units, impossible } = plan([deadLetter('a', parts)]);
  expect(units).toMatchObject([{ ...expected, deadLetters: [{ id: 'a' }] }]);
  expect(impossible).toEqual([]);
});

test('an order is replayed once for all its dead letters, orders and accounts apart', () => {
  const { units } = plan([
    deadLetter('a', { orderNo: 'DD1', position: 1 }),
    deadLetter('b', { orderNo: 'DD2', position: 1 }),
    deadLetter('c', { orderNo: 'DD1', position: 2 }),
    deadLetter('d', { orderNo: 'DD1', account: 'other' }),
  ]);
  expect(units.map(({ deadLetters }) => deadLetters.map(({ id }) => id))).toEqual([['a', 'c'], ['b'], ['d']]);
});

test.each(['ORDER_UNLISTED', 'ORDER_UNKNOWN'])('an order with %s is replayed only if a person names it', (reason) => {
  const deadLetters = [
    deadLetter('a', { reason, orderNo: 'DD1' }),
    deadLetter('b', { reason: 'ARCHIVE_DAMAGED', orderNo: 'DD2' }),
  ];
  const ids = ({ units, leftOut }: ReturnType<typeof plan>) => [
    units.flatMap((unit) => unit.deadLetters.map(({ id }) => id)),
    leftOut.map(({ id }) => id),
  ];
  expect(ids(plan(deadLetters))).toEqual([['b'], ['a']]);
  expect(ids(plan(deadLetters, true))).toEqual([['a', 'b'], []]);
  const another = deadLetter('c', { reason: 'RECORD_NOT_JSON', orderNo: 'DD1', position: 3 });
  expect(ids(plan([deadLetters[0]!, another]))).toEqual([['c', 'a'], []]);
});

test.each<[string, Partial<DeadLetter>, RegExp]>([
  ['of a topic under another prefix', { originTopic: 'other.orders' }, /not a topic of this pipeline/],
  ['that does not say where it stood', { originOffset: null }, /where it came from/],
])('a message %s cannot be replayed, and why is said', (_name, parts, why) => {
  const { units, impossible } = plan([deadLetter('a', parts)]);
  expect(units).toEqual([]);
  expect(impossible).toMatchObject([{ deadLetter: { id: 'a' }, why: expect.stringMatching(why) }]);
});

test('a unit is due while one of its dead letters was not replayed', () => {
  const { units } = plan([deadLetter('a', { orderNo: 'DD1' }), deadLetter('b', { orderNo: 'DD1' }), deadLetter('c')]);
  const left = (...replayed: string[]) =>
    withoutReplayed(units, new Set(replayed)).due.map(({ deadLetters }) => deadLetters.map(({ id }) => id));
  expect(left()).toEqual([['a', 'b'], ['c']]);
  expect(left('a', 'c')).toEqual([['a', 'b']]);
  expect(left('a', 'b', 'c')).toEqual([]);
});
