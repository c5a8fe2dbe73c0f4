import type { Command } from 'commander';
import { readSettings } from 'qcc-core/settings';
import { formatShanghaiDateTime } from 'qcc-core/shanghai-time';
import { BAD_STATUSES } from 'sink/ledger-alarm';
import { closeOrder } from '../close-order.ts';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { connectKafka } from '../connect-kafka.ts';
import { type Decision, requireDecision } from '../require-decision.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type Standing = { revision: number; status: string; reason: string | null };

export function addOrderCommands(program: Command, terminal: Terminal): void {
  program
    .command('order')
    .description('What a person decides about an order.')
    .command('close')
    .description(
      'Closes an order that is FAILED or INCOMPLETE and will not come right: its status stays, and ledger, audit, metrics and dead letters no longer ask for a person. Holds until the order is published as a new revision.',
    )
    .argument('<order>', 'order number')
    .requiredOption('--who <name>', 'who has decided it')
    .requiredOption('--why <text>', 'why')
    .action((orderNo: string, given: Decision) => close(terminal, orderNo, requireDecision(given)));
}

async function close(terminal: Terminal, orderNo: string, { who, why }: Decision): Promise<void> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  await using clickhouse = connectClickHouse(terminal);
  const [standing] = await clickhouse.rows<Standing>(
    'SELECT revision, status, reason FROM {{db}}.orders WHERE account = {account: String} AND order_no = {orderNo: String}',
    { account, orderNo },
  );
  if (!standing)
    throw new CommandFailure(`the ledger has no order ${orderNo} of account ${account}; nothing was closed`);
  const { revision, status, reason } = standing;
  if (!BAD_STATUSES.includes(status)) {
    throw new CommandFailure(
      `order ${orderNo} is ${status}: only one that is FAILED or INCOMPLETE can be closed; nothing was closed`,
    );
  }
  const given = { account, orderNo, revision, at: Date.now(), decidedBy: who, reason: why };
  const { closure, isFirst } = await closeOrder(await connectKafka(terminal), given);
  const name = `order ${orderNo}, revision ${revision}, which is ${status} (${reason ?? 'no reason given'})`;
  terminal.print(
    isFirst
      ? `Closed by ${who}: ${name}. The ledger shows it in a moment.`
      : `Closed before, so left as it is: ${name}. ${closure.decidedBy} closed it on ${formatShanghaiDateTime(closure.at)} (Shanghai): ${closure.reason}`,
  );
}
