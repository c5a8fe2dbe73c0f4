import type { Command } from 'commander';
import { BAD_STATUSES, isListed } from 'qcc-clickhouse/ledger/ledger-alarm';
import type { PositionRange } from 'qcc-core/contract/domain';
import { describeClosed, describeStatus, ORDERS_WITH_CLOSURES, type OrderCounts } from '../closures.ts';
import { type ClickHouseSide, connectClickHouse } from '../connect-clickhouse.ts';
import { parseCount } from '../parse-options.ts';
import { describeRanges, renderTable } from '../render-table.ts';
import { requireKnownAccount } from '../require-known-account.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type LedgerRow = OrderCounts & { pending_details: number; unconfirmed: boolean; missing_ranges: PositionRange[] };

const HEAD = [
  'order',
  'account',
  'pushed (Shanghai)',
  'declared',
  'parsed',
  'rejected',
  'stored',
  'details pending',
  'status',
  'missing positions',
];
const UNCONFIRMED_MEANS =
  "unconfirmed: the archive came by a callback's link and may be forged, because no signed fetch has brought the same plaintext yet";
const DEFAULT_LAST = 50;

export function addLedgerCommand(program: Command, terminal: Terminal): void {
  program
    .command('ledger')
    .description(
      'Shows the state of each order (the view `orders`). The exit code is 1 if an order that nobody has closed is FAILED or INCOMPLETE.',
    )
    .argument('[order]', 'only this order')
    .option(
      '--last <count>',
      'how many orders: first those that failed or are incomplete (of these first those that QCC lists), then the newest',
      parseCount,
      DEFAULT_LAST,
    )
    .action(async (orderNo: string | undefined, { last }: { last: number }) => {
      await using clickhouse = connectClickHouse(terminal);
      const { account } = terminal;
      const rows = await readLedger(clickhouse, { orderNo, account, last });
      if (rows.length === 0) {
        await requireKnownAccount(clickhouse, account);
        if (orderNo !== undefined)
          throw new CommandFailure(`the ledger has no order ${orderNo}; \`npx qcc orders list\` shows QCC's orders`);
        terminal.print('The ledger is empty: no order has arrived yet.');
        return;
      }
      terminal.print(renderTable(HEAD, rows.map(toCells), { columns: terminal.columns }));
      if (rows.some(({ unconfirmed }) => unconfirmed)) terminal.print(UNCONFIRMED_MEANS);
      for (const row of rows.filter(isClosed)) terminal.print(`${row.order_no} is ${describeClosed(row)}`);
      const bad = rows.filter((row) => BAD_STATUSES.includes(row.status) && !isClosed(row));
      if (bad.length === 0) return;
      const reasons = bad.map(({ order_no, status, reason }) => `${order_no} is ${describeStatus(status, reason)}`);
      throw new CommandFailure(
        `${bad.length} of these orders need a person: ${reasons.join(', ')}; \`npx qcc replay ORDER\` fetches an order again, \`npx qcc order close ORDER --who NAME --why TEXT\` closes an order that cannot be completed, and the same command with --reason CODE instead of ORDER closes all with this reason that QCC does not list`,
      );
    });
}

const readLedger = (
  clickhouse: ClickHouseSide,
  { orderNo = '', account = '', last }: { orderNo: string | undefined; account: string | undefined; last: number },
): Promise<LedgerRow[]> =>
  clickhouse.rows<LedgerRow>(
    `WITH status IN {bad: Array(String)} AND closed_by IS NULL AS is_bad
     SELECT account, order_no, revision, push_date, declared, parsed, rejected, stored, pending_details, status, reason, unconfirmed, missing_ranges,
       closed_at, closed_by, closed_reason
     FROM ${ORDERS_WITH_CLOSURES}
     WHERE {orderNo: String} IN ('', order_no) AND {account: String} IN ('', account)
     ORDER BY is_bad DESC, is_bad AND ${isListed('{{db}}')} DESC, coalesce(push_date, received_at) DESC, order_no DESC
     LIMIT {last: UInt32}`,
    { orderNo, account, bad: BAD_STATUSES, last },
  );

const isClosed = ({ closed_by }: LedgerRow): boolean => closed_by !== null;

const toCells = (row: LedgerRow): (string | number)[] => [
  row.revision > 0 ? `${row.order_no} (revision ${row.revision})` : row.order_no,
  row.account,
  row.push_date?.slice(0, 19) ?? '–',
  row.declared ?? (row.reason === 'UNDECLARED' ? 'undeclared' : '–'),
  row.parsed,
  row.rejected,
  row.stored,
  row.pending_details,
  [row.status, ...(row.unconfirmed ? ['unconfirmed'] : []), ...(isClosed(row) ? ['closed'] : [])].join(', '),
  describeRanges(row.missing_ranges),
];
