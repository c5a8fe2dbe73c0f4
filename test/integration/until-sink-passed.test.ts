import { randomUUID } from 'node:crypto';
import { untilSinkPassed } from 'qcc-cli/erase/until-sink-passed';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { derivedGroup, sinkGroup } from 'qcc-core/contract/group-names';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';

test('the sink has passed once it has committed the last message, though not the mark of its transaction', async () => {
  const prefix = `erase-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
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
