import type { Command } from 'commander';
import { BAD_STATUSES, isListed } from 'qcc-clickhouse/ledger/ledger-alarm';
import { readSettings } from 'qcc-core/base/settings';
import { formatShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { openArchiveReader } from '../audit/read-archive.ts';
import { type Closing, closeOrders } from '../close-orders.ts';
import { describeStatus, ORDERS_WITH_CLOSURES } from '../closures.ts';
import { confirm, type Decision, requireDecision } from '../confirm.ts';
import { type ClickHouseSide, connectClickHouse } from '../connect-clickhouse.ts';
import { connectKafka } from '../connect-kafka.ts';
import { parseInstant } from '../parse-options.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type Standing = {
  orderNo: string;
  revision: number;
  status: string;
  reason: string | null;
  listed: boolean;
  /**
   * The latest of three times, in milliseconds since the epoch: it was extracted, records were rejected, it was complete. An earlier
   * closure does not apply.
   */
  outcomeAt: number;
};
type CloseOptions = Decision & { reason?: string; before?: number; yes?: true };

export function addOrderCommands(program: Command, terminal: Terminal): void {
  program
    .command('order')
    .description('Decisions about an order.')
    .command('close')
    .description(
      'Closes a FAILED or INCOMPLETE order that cannot be completed (also one that QCC never confirms), or a COMPLETE order whose archive is lost. With --reason, it closes all FAILED or INCOMPLETE orders with this reason that QCC does not list. The status stays the same, but ledger, audit, metrics and dead letters no longer report the order as a problem. A closure ends if the order is extracted, if more of its records are rejected, or if a new revision is published. The order can then be closed again.',
    )
    .argument('[order]', 'order number')
    .option(
      '--reason <code>',
      'instead of one order: all orders with this reason that QCC does not list, such as ORDER_UNLISTED after a flood of invented numbers',
    )
    .option(
      '--before <time>',
      'with --reason: received before this day or time (Shanghai, or an ISO instant)',
      parseInstant,
    )
    .option('--yes', 'with --reason: do not ask')
    .requiredOption('--who <name>', 'who has decided it')
    .requiredOption('--why <text>', 'why')
    .action(async (orderNo: string | undefined, options: CloseOptions, command: Command) => {
      const { reason, before, yes } = options;
      if ((orderNo === undefined) === (reason === undefined)) command.error('error: say which: an order, or --reason');
      if (orderNo !== undefined && before !== undefined) command.error('error: --before goes with --reason');
      const decision = requireDecision(options);
      if (reason === undefined) await closeOne(terminal, orderNo ?? '', decision);
      else await closeUnlisted(terminal, { reason, before, yes }, decision);
    });
}

async function closeOne(terminal: Terminal, orderNo: string, decision: Decision): Promise<void> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  await using clickhouse = connectClickHouse(terminal);
  const [standing] = await readStandings(clickhouse, 'order_no = {orderNo: String}', { account, orderNo });
  if (!standing)
    throw new CommandFailure(`the ledger has no order ${orderNo} of account ${account}; nothing was closed`);
  const { revision, status, reason } = standing;
  if (status === 'COMPLETE') await requireLostArchive(terminal, { account, orderNo });
  else if (!BAD_STATUSES.includes(status)) {
    throw new CommandFailure(
      `order ${orderNo} is ${status}: only one that is FAILED, INCOMPLETE, or COMPLETE without an archive can be closed; nothing was closed`,
    );
  }
  const closing = toClosing(account, standing, decision);
  const [closure] = await closeOrders(await connectKafka(terminal), [closing]);
  const name = `order ${orderNo}, revision ${revision}, which is ${describeStatus(status, reason)}`;
  terminal.print(
    !closure || closure === closing.closure
      ? `Closed by ${decision.who}: ${name}. The ledger shows it in a moment.`
      : `Closed before, so left as it is: ${name}. ${closure.decidedBy} closed it on ${formatShanghaiDateTime(closure.at)} (Shanghai): ${closure.reason}`,
  );
}

/** A person has to decide about an order whose records are all stored only if neither QCC nor the evidence store has its archive. */
async function requireLostArchive(terminal: Terminal, order: { account: string; orderNo: string }): Promise<void> {
  await using archives = await openArchiveReader(terminal);
  const reading = await archives.read(order, { redact: (_owner, text) => text });
  if (reading.kind === 'read') {
    throw new CommandFailure(`order ${order.orderNo} is COMPLETE, and its archive can be read; nothing was closed`);
  }
  if (!reading.isLost) {
    throw new CommandFailure(
      `order ${order.orderNo} is COMPLETE, and its archive is not proven lost (${reading.why}); nothing was closed`,
    );
  }
  terminal.print(`The archive of order ${order.orderNo} cannot be read (${reading.why}).`);
}

/** Orders that QCC lists are real and are closed one by one, so that none is lost in a flood of invented ones. */
async function closeUnlisted(
  terminal: Terminal,
  { reason, before, yes }: { reason: string; before: number | undefined; yes: true | undefined },
  decision: Decision,
): Promise<void> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  await using clickhouse = connectClickHouse(terminal);
  const standings = await readStandings(
    clickhouse,
    `status IN {bad: Array(String)} AND closed_by IS NULL AND reason = {reason: String}
       AND ifNull(toUnixTimestamp64Milli(received_at), 0) < {before: Int64}`,
    { account, reason, bad: BAD_STATUSES, before: before ?? Number.MAX_SAFE_INTEGER },
  );
  const listed = standings.filter((standing) => standing.listed);
  const unlisted = standings.filter((standing) => !standing.listed);
  if (listed.length > 0)
    terminal.print(`Left out: ${listed.length} orders that QCC lists. Close each of them by its number.`);
  if (unlisted.length === 0) {
    throw new CommandFailure(`no open order with the reason ${reason} is missing from QCC's list; nothing was closed`);
  }
  terminal.print(`${unlisted.length} orders are open with the reason ${reason}, and QCC does not list them.`);
  if (!yes) {
    const question = 'Type yes to close them: ';
    await confirm(terminal, { question, expected: 'yes', nothing: 'nothing was closed' });
  }
  const closings = unlisted.map((standing) => toClosing(account, standing, decision));
  const closures = await closeOrders(await connectKafka(terminal), closings);
  const earlier = closures.filter((closure, nth) => closure !== closings[nth]?.closure).length;
  terminal.print(
    `Closed by ${decision.who}: ${closures.length - earlier} orders${earlier > 0 ? `; closed before, so left as they are: ${earlier}` : ''}. The ledger shows it in a moment.`,
  );
}

/** The newest revision of the orders of an account for which the condition holds. */
const readStandings = (clickhouse: ClickHouseSide, condition: string, params: Record<string, unknown>) =>
  clickhouse.rows<Standing>(
    `SELECT order_no AS orderNo, revision, status, reason, ${isListed('{{db}}')} AS listed,
       toUnixTimestamp64Milli(greatest(
         ifNull(outcome.extracted, toDateTime64(0, 3)), ifNull(outcome.rejected, toDateTime64(0, 3)),
         ifNull(completed_at, toDateTime64(0, 3))
       )) AS outcomeAt
     FROM ${ORDERS_WITH_CLOSURES} AS o
     LEFT JOIN (
       SELECT order_no, revision, max(extracted_at) AS extracted, max(rejected_at) AS rejected
       FROM {{db}}.order_ledger WHERE account = {account: String}
       GROUP BY order_no, revision
     ) AS outcome ON outcome.order_no = o.order_no AND outcome.revision = o.revision
     WHERE account = {account: String} AND ${condition}`,
    params,
  );

/** A closure is never dated before the outcome, because the extractor's clock may be ahead. */
const toClosing = (account: string, { orderNo, revision, outcomeAt }: Standing, { who, why }: Decision): Closing => ({
  closure: { account, orderNo, revision, at: Math.max(Date.now(), outcomeAt), decidedBy: who, reason: why },
  outcomeAt,
});
