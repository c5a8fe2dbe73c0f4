import type { Command } from 'commander';
import { readSettings } from 'qcc-core/base/settings';
import { shellArgument } from 'qcc-core/base/shell-argument';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { publish } from '../connect-kafka.ts';
import { connectQcc, requireResponse } from '../connect-qcc.ts';
import { replayOrder } from '../replay-order.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

export function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .description('Fetches an order again and publishes it as a new revision, marked `source: replay`.')
    .argument('<order>', 'order number; QCC, or the evidence store, must still hold its archive')
    .option('--force', 'replay the order without asking whether the ledger or QCC knows it')
    .action(async (orderNo: string, { force = false }: { force?: boolean }) => {
      const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
      if (!force) await requireKnown(terminal, { account, orderNo });
      await publish(terminal, ({ codec }) => [replayOrder(codec, { account, orderNo, now: Date.now() })]);
      terminal.print(
        `Order ${orderNo} is on its way as a replay; \`npx qcc ledger ${shellArgument(orderNo)}\` shows its state.`,
      );
    });
}

/** A mistyped number would become an order that fails for good. @throws CommandFailure if neither the ledger nor QCC knows the order. */
async function requireKnown(terminal: Terminal, order: { account: string; orderNo: string }): Promise<void> {
  if (await isInLedger(terminal, order)) return;
  if (await isAtQcc(terminal, order)) return;
  throw new CommandFailure(
    `neither the ledger nor QCC knows an order ${order.orderNo} of account ${order.account}: check the number, or add --force to replay it anyway; nothing was replayed`,
  );
}

async function isInLedger(terminal: Terminal, order: { account: string; orderNo: string }): Promise<boolean> {
  await using clickhouse = connectClickHouse(terminal);
  const rows = await clickhouse.rows(
    'SELECT 1 FROM {{db}}.order_ledger WHERE account = {account: String} AND order_no = {orderNo: String} LIMIT 1',
    order,
  );
  return rows.length > 0;
}

/** The list names the last 30; an older order is asked for by its number. */
async function isAtQcc(terminal: Terminal, { orderNo }: { orderNo: string }): Promise<boolean> {
  await using qcc = connectQcc(terminal);
  const list = requireResponse(await qcc.listLatestOrderNo());
  if (list?.orders.some((order) => order.orderNo === orderNo)) return true;
  const link = await qcc.getDownloadUrl({ orderNo });
  switch (link.kind) {
    case 'success':
    case 'later':
      return true;
    case 'empty':
    case 'never':
      return false;
    default:
      return requireResponse(link) !== null;
  }
}
