import { randomBytes, randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { untilSinkPassed } from 'qcc-cli/erase/until-sink-passed';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { derivedGroup, sinkGroup } from 'qcc-core/contract/group-names';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';

async function openTopics() {
  const prefix = `erase-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  return { kafka, prefix };
}

test('the sink has passed once it has committed the last message, though not the mark of its transaction', async () => {
  const { kafka, prefix } = await openTopics();
  const hasPassed = (signal: AbortSignal) => untilSinkPassed({ kafka, prefix }, signal);
  const ended = AbortSignal.abort();
  expect(await hasPassed(ended), 'empty topics').toBe(true);

  const topic = `${prefix}${TOPICS.enrichedRecords.name}`;
  const producer = kafka.producer({ transactionalId: prefix, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ partition: 2, value: 'record' }] });
  await transaction.commit();
  await producer.disconnect();
  // Readers see it a moment later, once the brokers have written the mark of the transaction.
  await vi.waitFor(async () => expect(await hasPassed(ended), 'nothing committed').toBe(false), PATIENCE);

  const waiting = hasPassed(new AbortController().signal);
  const admin = kafka.admin();
  await admin.connect();
  const commit = (groupId: string) => admin.setOffsets({ groupId, topic, partitions: [{ partition: 2, offset: '1' }] });
  await commit(sinkGroup(prefix));
  expect(await hasPassed(ended), 'in the history, and nothing derived').toBe(false);
  await commit(derivedGroup(prefix));
  await admin.disconnect();
  expect(await waiting).toBe(true);
});

test('of a long backlog, only the first messages are read, and nothing once the wait has ended', async () => {
  const { kafka, prefix } = await openTopics();
  const topic = `${prefix}${TOPICS.enrichedRecords.name}`;
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 8 }, () => ({ partition: 0, value: randomBytes(800_000) }));
  for (const message of messages) await producer.send({ topic, messages: [message] });
  await producer.disconnect();

  const read: string[] = [];
  const watched = {
    admin: () => kafka.admin(),
    consumer(config: Parameters<Kafka['consumer']>[0]) {
      const consumer = kafka.consumer(config);
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => void read.push(payload.lastOffset));
      return consumer;
    },
  } as Kafka;
  const hasPassed = (signal: AbortSignal) => untilSinkPassed({ kafka: watched, prefix }, signal);
  expect(await hasPassed(AbortSignal.abort())).toBe(false);
  expect(read).toEqual([]);
  const wait = new AbortController();
  const waiting = hasPassed(wait.signal);
  await vi.waitFor(() => expect(read).not.toEqual([]), PATIENCE);
  wait.abort();
  expect(await waiting).toBe(false);
  expect(read).not.toContain(String(messages.length - 1));
});
