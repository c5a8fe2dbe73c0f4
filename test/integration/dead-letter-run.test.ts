// @module-tag whole
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { expect, inject, test, vi } from 'vitest';
import { steadyPort } from '../../stack/ports.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { PATIENCE } from '../harness/patience.ts';
import { readTopic } from '../harness/read-topic.ts';
import { end, startEnricher } from './enricher-process.ts';
import { produce } from './topic-reader.ts';

const GARBAGE = 6;

test('a topic of nothing but garbage stops its consumer, unready and loud, until it is restarted with a higher limit', async () => {
  const prefix = `run-${randomUUID()}.`;
  const env = { ...inject('stack'), TOPIC_PREFIX: prefix };
  const settings = readSettings(env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  await using evidence = await makeTemporaryFolder('qcc-evidence-');
  await openFolderStore(evidence.path).make();
  const adminPort = await steadyPort();
  const start = (limit: number) =>
    startEnricher({
      ...env,
      QCC_BASE_URL: 'http://127.0.0.1:1',
      QCC_KEY: 'test-key',
      QCC_SECRET_KEY: 'test-secret',
      EVIDENCE_URL: pathToFileURL(evidence.path).href,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      ADMIN_PORT: String(adminPort),
      DEAD_LETTER_RUN_LIMIT: String(limit),
      LOG_LEVEL: 'fatal',
    });
  const ready = async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  const deadLetters = () => readTopic(settings.KAFKA_BROKERS[0]!, `${prefix}dead-letters`);
  // One request, so that they come as one batch.
  const garbage = Array.from({ length: GARBAGE }, () => ({
    topic: TOPICS.records,
    key: 'corp',
    value: Buffer.from('?'),
  }));
  await produce(kafka, prefix, garbage);

  let enricher = start(GARBAGE - 1);
  try {
    await vi.waitFor(async () => {
      const { status, text } = await ready();
      expect(status).toBe(503);
      expect(text).toMatch(/6 messages in a row .* MESSAGE_UNDECODABLE .* DEAD_LETTER_RUN_LIMIT above 5/);
    }, PATIENCE);
    expect(await deadLetters()).toEqual([]);
    await end(enricher, 'SIGTERM');

    enricher = start(GARBAGE);
    await vi.waitFor(async () => expect(await deadLetters()).toHaveLength(GARBAGE), PATIENCE);
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), PATIENCE);
    await end(enricher, 'SIGTERM');
  } finally {
    enricher.kill('SIGKILL');
  }
});
