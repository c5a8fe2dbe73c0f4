import type { Command } from 'commander';
import { cutByBytes } from 'qcc-core/kafka/outgoing';
import { connectKafka } from '../connect-kafka.ts';
import { replayOrder } from '../replay-order.ts';
import type { Terminal } from '../terminal.ts';

export function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .description('Fetches an order again and publishes it as a new revision, marked `source: replay`.')
    .argument('<order>', 'order number; QCC must still hold its archive')
    .action(async (orderNo: string) => {
      const { settings, kafka, codec } = await connectKafka(terminal);
      const message = replayOrder(codec, { account: settings.ACCOUNT, orderNo, now: Date.now() });
      const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      try {
        for (const topicMessages of cutByBytes([message], settings.TOPIC_PREFIX)) {
          await producer.sendBatch({ topicMessages, acks: -1 });
        }
      } finally {
        await producer.disconnect();
      }
      terminal.print(`Order ${orderNo} is on its way as a replay; \`qcc ledger ${orderNo}\` shows what becomes of it.`);
    });
}
