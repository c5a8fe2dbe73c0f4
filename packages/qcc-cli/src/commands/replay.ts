import type { Command } from 'commander';
import { publish } from '../publish.ts';
import { replayOrder } from '../replay-order.ts';
import type { Terminal } from '../terminal.ts';

export function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .description('Fetches an order again and publishes it as a new revision, marked `source: replay`.')
    .argument('<order>', 'order number; QCC, or the evidence store, must still hold its archive')
    .action(async (orderNo: string) => {
      await publish(terminal, ({ codec, settings: { ACCOUNT: account } }) => [
        replayOrder(codec, { account, orderNo, now: Date.now() }),
      ]);
      terminal.print(`Order ${orderNo} is on its way as a replay; \`qcc ledger ${orderNo}\` shows what becomes of it.`);
    });
}
