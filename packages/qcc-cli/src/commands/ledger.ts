import type { Command } from 'commander';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { describePositions } from '../describe-positions.ts';
import { parseCount } from '../parse-options.ts';
import { renderTable } from '../render-table.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

/** A row of the view `orders`. */
type LedgerRow = {
  account: string;
  order_no: string;
  revision: number;
  push_date: string | null;
  declared: number | null;
  parsed: number;
  rejected: number;
  stored: number;
  pending_details: number;
  status: string;
  reason: string | null;
  unconfirmed: boolean;
  missing: number[];
};

const BAD_STATUSES = ['FAILED', 'INCOMPLETE'];
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
const DEFAULT_LAST = 50;

export function addLedgerCommand(program: Command, terminal: Terminal): void {
  program
    .command('ledger')
    .description('What became of each order (the view `orders`). Exit code 1 where one is FAILED or INCOMPLETE.')
    .argument('[order]', 'only this order')
    .option(
      '--last <count>',
      'how many orders, those that failed or are incomplete first, then the newest',
      parseCount,
      DEFAULT_LAST,
    )
    .action(async (orderNo: string | undefined, { last }: { last: number }) => {
      const rows = await readLedger(terminal, orderNo, last);
      if (rows.length === 0) {
        if (orderNo !== undefined)
          throw new CommandFailure(`the ledger has no order ${orderNo}; \`qcc orders list\` says what QCC has`);
        terminal.print('The ledger is empty: no order has come yet.');
        return;
      }
      terminal.print(renderTable(HEAD, rows.map(toCells)));
      const bad = rows.filter(({ status }) => BAD_STATUSES.includes(status));
      if (bad.length === 0) return;
      const reasons = bad.map(
        ({ order_no, status, reason }) => `${order_no} is ${status} (${reason ?? 'no reason given'})`,
      );
      throw new CommandFailure(`${bad.length} of these orders need a person: ${reasons.join(', ')}`);
    });
}

async function readLedger(terminal: Terminal, orderNo: string | undefined, last: number): Promise<LedgerRow[]> {
  await using clickhouse = connectClickHouse(terminal);
  return await clickhouse.rows<LedgerRow>(
    `SELECT account, order_no, revision, push_date, declared, parsed, rejected, stored, pending_details, status, reason, unconfirmed, missing
     FROM {{db}}.orders
     WHERE {orderNo: String} IN ('', order_no)
     ORDER BY status IN {bad: Array(String)} DESC, coalesce(push_date, received_at) DESC, order_no DESC
     LIMIT {last: UInt32}`,
    { orderNo: orderNo ?? '', bad: BAD_STATUSES, last },
  );
}

const toCells = (row: LedgerRow): (string | number)[] => [
  row.revision > 0 ? `${row.order_no} (revision ${row.revision})` : row.order_no,
  row.account,
  row.push_date?.slice(0, 19) ?? '–',
  row.declared ?? '–',
  row.parsed,
  row.rejected,
  row.stored,
  row.pending_details,
  row.unconfirmed ? `${row.status}, unconfirmed` : row.status,
  describePositions(row.missing),
];
