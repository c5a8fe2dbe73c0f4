import type { Command } from 'commander';
import { readSettings } from 'qcc-core/settings';
import { formatShanghaiDateTime } from 'qcc-core/shanghai-time';
import { BAD_STATUSES } from 'sink/ledger-alarm';
import { closeOrder } from '../close-order.ts';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { connectKafka } from '../connect-kafka.ts';
import { type Decision, requireDecision } from '../require-decision.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type Standing = {
  revision: number;
  status: string;
  reason: string | null;
  /** When it was extracted or more of its records were rejected, milliseconds since the epoch: a closure has to be later. */
  outcomeAt: number;
};

export function addOrderCommands(program: Command, terminal: Terminal): void {
  program
    .command('order')
    .description('What a person decides about an order.')
    .command('close')
    .description(
      'Closes an order that is FAILED or INCOMPLETE and will not come right: its status stays, and ledger, audit, metrics and dead letters no longer ask for a person. Holds until the order is extracted after all, more of its records are rejected, or it is published as a new revision; then it can be closed again.',
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
    `SELECT revision, status, reason, toUnixTimestamp64Milli(greatest(
       ifNull(ledger.extracted, toDateTime64(0, 3)), ifNull(ledger.rejected, toDateTime64(0, 3))
     )) AS outcomeAt
     FROM {{db}}.orders AS o
     LEFT JOIN (
       SELECT revision, max(extracted_at) AS extracted, max(rejected_at) AS rejected FROM {{db}}.order_ledger
       WHERE account = {account: String} AND order_no = {orderNo: String}
       GROUP BY revision
     ) AS ledger ON ledger.revision = o.revision
     WHERE account = {account: String} AND order_no = {orderNo: String}`,
    { account, orderNo },
  );
  if (!standing)
    throw new CommandFailure(`the ledger has no order ${orderNo} of account ${account}; nothing was closed`);
  const { revision, status, reason, outcomeAt } = standing;
  if (!BAD_STATUSES.includes(status)) {
    throw new CommandFailure(
      `order ${orderNo} is ${status}: only one that is FAILED or INCOMPLETE can be closed; nothing was closed`,
    );
  }
  // The clock of the extractor may be ahead.
  const at = Math.max(Date.now(), outcomeAt);
  const given = { account, orderNo, revision, at, decidedBy: who, reason: why };
  const { closure, isFirst } = await closeOrder(await connectKafka(terminal), { closure: given, outcomeAt });
  const name = `order ${orderNo}, revision ${revision}, which is ${status} (${reason ?? 'no reason given'})`;
  terminal.print(
    isFirst
      ? `Closed by ${who}: ${name}. The ledger shows it in a moment.`
      : `Closed before, so left as it is: ${name}. ${closure.decidedBy} closed it on ${formatShanghaiDateTime(closure.at)} (Shanghai): ${closure.reason}`,
  );
}
