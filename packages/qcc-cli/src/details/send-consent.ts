import { hostname } from 'node:os';
import { gateMessage } from 'detail-enricher/gate-entry';
import { connectCodec } from 'qcc-core/avro/codec';
import { createKafka } from 'qcc-core/kafka/connect';
import { cutByBytes } from 'qcc-core/kafka/outgoing';
import { createLogger, kafkajsLogCreator } from 'qcc-core/logs';
import { KAFKA_SETTINGS, readSettings } from 'qcc-core/settings';
import type { Terminal } from '../terminal.ts';

/** Says on `detail-gate` that the account's default budget may be spent; resolves to the account once that is durable. */
export async function sendConsent({ env }: Pick<Terminal, 'env'>): Promise<string> {
  const settings = readSettings(env, KAFKA_SETTINGS);
  const log = createLogger({ service: 'qcc', level: 'error', secrets: [] });
  const codec = await connectCodec({ ...settings, SCHEMAS: 'check' });
  const kafka = createKafka({ settings, clientId: 'qcc-cli', logCreator: kafkajsLogCreator(log) });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    const consent = gateMessage(codec, {
      account: settings.ACCOUNT,
      state: 'CONSENT',
      since: Date.now(),
      by: `qcc@${hostname()}`,
    });
    for (const topicMessages of cutByBytes([consent], settings.TOPIC_PREFIX)) {
      await producer.sendBatch({ topicMessages, acks: -1 });
    }
  } finally {
    await producer.disconnect();
  }
  return settings.ACCOUNT;
}
