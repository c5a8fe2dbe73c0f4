// @module-tag whole
import avsc from 'avsc';
import type { KafkaMessage } from 'kafkajs';
import { loadSchema } from 'qcc-core/avro/schemas';
import type { ChangeRecord, EnrichedRecord, OrderEvent } from 'qcc-core/contract/domain';
import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';
import { partitionOf } from 'qcc-core/kafka/wire/outgoing';
import { expect, inject, test } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { until } from '../harness/until.ts';

/**
 * The same orders through the pipeline with its own encoder and decoder, and with those of kafkajs alone: what subscribers see
 * does not depend on them.
 */
const ORDERS = [
  { records: 300, pushDate: '2026-03-16 09:10:00', broken: 7 },
  { records: 300, pushDate: '2026-03-16 11:10:00', repeat: 50, repeatWithin: 5 },
];
const REJECTED = 7;
const PUBLISHED = 600 - REJECTED;
/** QCC is not done with any details, so that each change that has some gets a pending version first. */
const NOT_DONE = { getExceptions: '205', getSeriousViolation: '205', getShiXinList: '205' };

/** A record without the fields that differ between runs: the encryption of its archive, and the service that found its order first. */
const lasting = ({ archiveSha256: _sha256, source: _source, ...record }: ChangeRecord) => record;
/** Why details are late depends on whether the call was made in time. */
const lastingVersion = ({
  record,
  version: _version,
  detailsFetchedAt: _at,
  detailReason,
  ...rest
}: EnrichedRecord) => ({
  ...lasting(record),
  ...rest,
  detailReason: rest.detailStatus === 'PENDING' ? 'late' : detailReason,
});
/** Headers that differ between runs. The place of an order's message depends on the order's number, and the number on the time. */
const PASSING = ['qcc.dlq.time', 'qcc.dlq.partition', 'qcc.dlq.offset', 'qcc.dlq.archiveSha256'];

async function publish(fastPaths: boolean) {
  await using pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'fast-paths', faults: { codes: NOT_DONE } },
    env: {
      KAFKA_FAST_PATHS: String(fastPaths),
      DETAIL_RATE_PER_SECOND: '1000',
      DETAIL_WAIT_MS: '300',
      DETAIL_RETRY_MAX_MS: '1000',
    },
  });
  const orderNos: string[] = [];
  for (const order of ORDERS) orderNos.push((await pipeline.simulator.createOrder(order)).orderNo);
  const stored = (pending: 'pending_details > 0' | 'pending_details = 0') =>
    until(`every change is stored, ${pending}`, PATIENCE.timeout, async () => {
      const sql = `SELECT toUInt32(sum(stored)) AS stored, min(${pending}) AS all FROM {{db}}.orders`;
      const [row] = await pipeline.query<{ stored: number; all: number }>(sql);
      return row?.stored === PUBLISHED && row.all === 1;
    });
  await stored('pending_details > 0');
  pipeline.simulator.faults.set({ codes: {} });
  await stored('pending_details = 0');

  const read = async <Value>(topic: TopicSpec, toValue: (bytes: Buffer) => Value) => {
    const messages = await readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}${topic.name}`);
    return messages.map((message) => shown(pipeline, orderNos, topic, message, toValue(message.value!)));
  };
  const enriched = await read(TOPICS.enrichedRecords, (bytes) => lastingVersion(decode('enriched-records', bytes)));
  return {
    records: (await read(TOPICS.records, (bytes) => lasting(decode('records', bytes)))).sort(),
    pending: enriched.filter((text) => text.includes('"PENDING"')).sort(),
    settled: enriched.filter((text) => !text.includes('"PENDING"')).sort(),
    deadLetters: (await read(TOPICS.deadLetters, String)).sort(),
    facts: await factsOf(pipeline, orderNos),
  };
}

const decode = <Value>(topic: 'records' | 'enriched-records' | 'order-events', bytes: Buffer): Value =>
  avsc.Type.forSchema(loadSchema(topic)).fromBuffer(bytes.subarray(5));

/** A message as text, with names that both runs have. A key with an order's number belongs to another partition in each run. */
function shown(
  { prefix }: Pipeline,
  orderNos: readonly string[],
  topic: TopicSpec,
  { key, headers, partition }: KafkaMessage & { partition: number },
  value: unknown,
): string {
  const kept = Object.entries(headers ?? {}).filter(([name]) => !PASSING.includes(name));
  const text = JSON.stringify({
    key: String(key),
    partition: topic.key === 'corpKeyNo' ? partition : partition === partitionOf(topic, String(key)),
    headers: Object.fromEntries(kept.map(([name, content]) => [name, String(content)])),
    value,
  });
  return orderNos.reduce((all, orderNo, at) => all.replaceAll(orderNo, `order ${at}`), text.replaceAll(prefix, ''));
}

/**
 * Of each order and stage: the positions of all its facts, and what else they say, without times. How many positions a fact has depends
 * on batches. Whether there is a FETCHING depends on how long the order waited.
 */
async function factsOf(pipeline: Pipeline, orderNos: readonly string[]) {
  const messages = await readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}order-events`);
  const facts = new Map<string, Set<number>>();
  for (const message of messages) {
    const fact = decode<OrderEvent>('order-events', message.value!);
    const { at: _at, archiveSha256: _sha256, source: _source, positions, ...lasts } = fact;
    if (fact.stage === 'FETCHING') continue;
    const name = shown(pipeline, orderNos, TOPICS.orderEvents, message, lasts);
    const all = facts.get(name) ?? new Set();
    facts.set(name, all);
    for (const { first, last } of positions ?? []) for (let at = first; at <= last; at += 1) all.add(at);
  }
  return Object.fromEntries([...facts].map(([name, all]) => [name, [...all].sort((a, b) => a - b)]));
}

test('topics are the same with the fast paths and without them, pending versions, dead letters and facts included', async () => {
  const [fast, plain] = await Promise.all([publish(true), publish(false)]);
  expect(fast.records).toHaveLength(PUBLISHED);
  expect(fast.settled).toHaveLength(PUBLISHED);
  expect(fast.pending.length).toBeGreaterThan(100);
  expect(fast.deadLetters).toHaveLength(REJECTED);
  expect(Object.keys(fast.facts).length).toBeGreaterThan(10);
  expect(plain).toEqual(fast);
});
