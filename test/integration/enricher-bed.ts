import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { ChangeRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { inject } from 'vitest';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { produce } from './topic-reader.ts';

/** Topics of their own for a test of the enricher, the environment of its instances, and a way to send it changes. */
export async function openEnricherBed(name: string) {
  const prefix = `${name}-${randomUUID()}.`;
  const kafkaEnv = { ...inject('stack'), TOPIC_PREFIX: prefix };
  const settings = readSettings(kafkaEnv, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  // Its own folder: responses that another test has kept would be used instead of calls. It is removed with this process.
  const evidence = await makeTemporaryFolder('qcc-enricher-');
  await openFolderStore(evidence.path).make();
  return {
    prefix,
    kafkaEnv,
    kafka,
    codec,
    /** For an instance that asks the QCC at this address. */
    env: (baseUrl: string) => ({
      ...kafkaEnv,
      QCC_BASE_URL: baseUrl,
      QCC_KEY: 'test-key',
      QCC_SECRET_KEY: 'test-secret',
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      DETAIL_WAIT_MS: '300',
      ADMIN_PORT: '0',
      EVIDENCE_URL: pathToFileURL(evidence.path).href,
      LOG_LEVEL: 'error',
    }),
    send: (records: readonly ChangeRecord[]) =>
      produce(
        kafka,
        prefix,
        records.map((record) => ({
          topic: TOPICS.records,
          key: record.corpKeyNo,
          value: codec.encode('records', record),
        })),
      ),
  };
}
