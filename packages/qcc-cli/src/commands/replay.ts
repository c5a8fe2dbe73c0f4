import type { Command } from 'commander';
import { openPublisher } from 'qcc-core/kafka/publisher';
import { connectKafka } from '../connect-kafka.ts';
import { replayOrder } from '../replay-order.ts';
import type { Terminal } from '../terminal.ts';

export function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .description('Fetches an order again and publishes it as a new revision, marked `source: replay`.')
    .argument('<order>', 'order number; QCC, or the evidence store, must still hold its archive')
    .action(async (orderNo: string) => {
      const { settings, kafka, codec } = await connectKafka(terminal);
      const message = replayOrder(codec, { account: settings.ACCOUNT, orderNo, now: Date.now() });
      await using publisher = await openPublisher({ kafka, prefix: settings.TOPIC_PREFIX });
      await publisher.publish([message]);
      terminal.print(`Order ${orderNo} is on its way as a replay; \`qcc ledger ${orderNo}\` shows what becomes of it.`);
    });
}
