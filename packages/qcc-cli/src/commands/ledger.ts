import type { Command } from 'commander';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/settings';
import { createClickHouse } from 'sink/create-clickhouse';
import { describePositions } from '../describe-positions.ts';
import { parseCount } from '../parse-options.ts';
import { renderTable } from '../render-table.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

/** A row of the view `orders`; counts are quoted or not by the server's setting for 64-bit integers. */
type LedgerRow = {
  account: string;
  order_no: string;
  revision: number;
  push_date: string | null;
  declared: number | null;
  parsed: number | string;
  rejected: number | string;
  stored: number | string;
  pending_details: number | string;
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

async function readLedger({ env }: Terminal, orderNo: string | undefined, last: number): Promise<LedgerRow[]> {
  const settings = readSettings(env, CLICKHOUSE_SETTINGS);
  await using clickhouse = createClickHouse(settings);
  try {
    const result = await clickhouse.query({
      query: `
        SELECT account, order_no, revision, push_date, declared, parsed, rejected, stored, pending_details, status, reason, unconfirmed, missing
        FROM \`${settings.CLICKHOUSE_DATABASE}\`.orders
        WHERE {orderNo: String} IN ('', order_no)
        ORDER BY status IN {bad: Array(String)} DESC, coalesce(push_date, received_at) DESC, order_no DESC
        LIMIT {last: UInt32}`,
      query_params: { orderNo: orderNo ?? '', bad: BAD_STATUSES, last },
      format: 'JSONEachRow',
    });
    return await result.json<LedgerRow>();
  } catch (error) {
    throw new CommandFailure(
      `the view ${settings.CLICKHOUSE_DATABASE}.orders cannot be read; \`qcc doctor\` says what is missing`,
      { cause: error },
    );
  }
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
