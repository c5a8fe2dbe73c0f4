import type { Command } from 'commander';
import { connectCodec } from 'qcc-core/avro/codec';
import { createKafka } from 'qcc-core/kafka/connect';
import { cutByBytes } from 'qcc-core/kafka/outgoing';
import { TOPICS } from 'qcc-core/kafka/topics';
import { createLogger, kafkajsLogCreator } from 'qcc-core/logs';
import { KAFKA_SETTINGS, readSettings } from 'qcc-core/settings';
import type { Terminal } from '../terminal.ts';

export function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .description('Fetches an order again and publishes it as a new revision, marked `source: replay`.')
    .argument('<order>', 'order number; QCC, or the evidence store, must still hold its archive')
    .action(async (orderNo: string) => {
      const settings = readSettings(terminal.env, KAFKA_SETTINGS);
      // Only what keeps the command from working is worth a line here.
      const log = createLogger({ service: 'qcc', level: 'error', secrets: [] });
      const codec = await connectCodec({ ...settings, SCHEMAS: 'check' });
      const kafka = createKafka({ settings, clientId: 'qcc-cli', logCreator: kafkajsLogCreator(log) });
      const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      try {
        const value = codec.encode('orders', {
          account: settings.ACCOUNT,
          orderNo,
          source: 'replay',
          receivedAt: Date.now(),
          createDate: null,
          sealedDownloadUrl: null,
          sealedUnzipPassword: null,
          downloadUrlExpiredTime: null,
        });
        for (const topicMessages of cutByBytes(
          [{ topic: TOPICS.orders, key: orderNo, value }],
          settings.TOPIC_PREFIX,
        )) {
          await producer.sendBatch({ topicMessages, acks: -1 });
        }
      } finally {
        await producer.disconnect();
      }
      terminal.print(`Order ${orderNo} is on its way as a replay; \`qcc ledger ${orderNo}\` shows what becomes of it.`);
    });
}
