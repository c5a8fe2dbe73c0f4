import { randomUUID } from 'node:crypto';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { openPageReader } from 'qcc-core/kafka/client/read-topic';
import { expect, inject, test } from 'vitest';

const PARTITION = 2;

test('a page begins at its offset, ends with the log, and no open transaction hides what was committed before', async () => {
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: `page-${randomUUID()}.` }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const topic = topicName(settings.TOPIC_PREFIX, TOPICS.pendingDetails);
  await using pages = openPageReader(kafka);
  const { signal } = new AbortController();
  const keysFrom = async (offset: number) => {
    const messages = await pages.read({ topic, partition: PARTITION, offset, signal });
    return messages.filter(({ isControlRecord }) => !isControlRecord).map(({ key, value }) => `${key}=${value}`);
  };
  expect(await keysFrom(0)).toEqual([]);

  const open = async (transactionalId: string) => {
    const producer = kafka.producer({ transactionalId: `${topic}.${transactionalId}`, idempotent: true });
    await producer.connect();
    return { producer, transaction: await producer.transaction() };
  };
  const messagesOf = (...keys: string[]) =>
    keys.map((key) => ({ key, value: key.toUpperCase(), partition: PARTITION }));
  const foreign = await open('foreign');
  await foreign.transaction.send({ topic, messages: messagesOf('foreign') });
  const own = await open('own');
  const [stored] = await own.transaction.send({ topic, messages: messagesOf('a', 'b', 'c') });
  await own.transaction.commit();

  const first = Number(stored!.baseOffset);
  expect(await keysFrom(first)).toEqual(['a=A', 'b=B', 'c=C']);
  expect(await keysFrom(first + 2)).toEqual(['c=C']);
  await foreign.transaction.abort();
  expect(await keysFrom(first + 1)).toEqual(['b=B', 'c=C']);
  await Promise.all([own.producer.disconnect(), foreign.producer.disconnect()]);
});
