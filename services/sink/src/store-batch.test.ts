import { ClickHouseError } from '@clickhouse/client';
import { NO_ERASURES } from 'qcc-core/erasure/eraser';
import { createDeadLetterRuns, DeadLetterRunError } from 'qcc-core/kafka/dead-letter-run';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { TOPICS } from 'qcc-core/kafka/topics';
import { createMetrics } from 'qcc-core/metrics';
import { expect, test } from 'vitest';
import { type StoreDeps, storeBatch } from './store-batch.ts';

function setUp({ refuse = false } = {}) {
  const sent: Outgoing[] = [];
  const client = {
    insert: async () => {
      if (refuse) throw new ClickHouseError({ message: 'no', code: '72', type: 'CANNOT_PARSE_NUMBER' });
    },
  };
  const deps: StoreDeps = {
    client: client as unknown as StoreDeps['client'],
    database: 'qcc',
    account: 'main',
    codec: { encode: (_topic, value) => Buffer.from(JSON.stringify(value)) },
    runs: createDeadLetterRuns({ limit: 2 }),
    readErasures: async () => NO_ERASURES,
    send: async (messages) => void sent.push(...messages),
    metrics: createMetrics({ service: 'sink', account: 'main' }),
    now: () => 5,
  };
  /** One message a letter: `?` does not decode, anything else is a row. */
  const store = (letters: string) =>
    storeBatch(deps, {
      stream: {
        topic: TOPICS.enrichedRecords,
        table: 'record_history',
        toRow: async ({ value }, { offset }) => {
          if (value?.toString() === '?') return { kind: 'undecodable', message: 'no Avro' };
          const occurrence = { account: 'main', orderNo: 'DD1', revision: 0, position: Number(offset) };
          return { kind: 'row', row: { position: offset }, occurrence };
        },
      },
      topic: 'enriched-records',
      partition: 1,
      messages: [...letters].map((letter, offset) => ({
        key: Buffer.from('corp'),
        value: Buffer.from(letter),
        offset: String(offset),
        timestamp: '0',
        attributes: 0,
        headers: {},
      })),
    });
  const letters = () => sent.filter(({ topic }) => topic === TOPICS.deadLetters);
  return { store, sent, letters };
}

test('what does not decode is a dead letter beside the facts of what was stored', async () => {
  const { store, sent, letters } = setUp();
  await store('r?r');
  expect(letters().map(({ headers }) => headers?.['qcc.dlq.offset'])).toEqual(['1']);
  expect(sent.map(({ topic }) => topic.name)).toEqual(['dead-letters', 'order-events']);
});

test('a row that ClickHouse refuses is a dead letter that names its occurrence', async () => {
  const { store, letters } = setUp({ refuse: true });
  await store('r');
  expect(letters().map(({ headers }) => headers)).toMatchObject([
    { 'qcc.dlq.reason': 'ROW_REFUSED', 'qcc.dlq.orderNo': 'DD1', 'qcc.dlq.revision': '0', 'qcc.dlq.position': '0' },
  ]);
});

test.each([
  ['that do not decode', false, '???'],
  ['that ClickHouse refuses', true, 'rrr'],
])('more messages in a row %s than the limit stop it, with nothing sent', async (_name, refuse, letters) => {
  const { store, sent } = setUp({ refuse });
  await expect(store(letters)).rejects.toThrow(DeadLetterRunError);
  expect(sent).toEqual([]);
});
