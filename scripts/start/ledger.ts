import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { renderRows } from './answers.ts';

export type LedgerRow = {
  order_no: string;
  source: string;
  push_date: string;
  declared: number | null;
  parsed: number;
  rejected: number;
  stored: number;
  pending_details: number;
  status: string;
  reason: string | null;
};

export type Ledger = { rows(): Promise<LedgerRow[]> };

/** The ledger of the given orders, as the view `orders` has it, but an order is COMPLETE only once the tables for analysts have it. */
export const openLedger = (
  client: ClickHouseClient,
  { database, account, orderNos }: { database: string; account: string; orderNos: readonly string[] },
): Ledger => ({
  async rows() {
    const result = await client.query({
      query: `SELECT o.order_no AS order_no, o.source AS source, toString(o.push_date) AS push_date, o.declared AS declared,
  o.parsed AS parsed, o.rejected AS rejected, o.stored AS stored, o.pending_details AS pending_details, q.status AS status, o.reason AS reason
FROM ${database}.orders AS o
INNER JOIN ${database}.data_quality AS q ON q.account = o.account AND q.order_no = o.order_no
WHERE o.account = {account: String} AND o.order_no IN {orderNos: Array(String)} ORDER BY o.received_at, o.order_no`,
      query_params: { account, orderNos: [...orderNos] },
      format: 'JSONEachRow',
    });
    return await result.json<LedgerRow>();
  },
});

const STANDSTILL_LIMIT_MS = 60_000;
const POLL_MS = 250;

/**
 * Resolves when all orders are complete.
 * @throws Error as soon as one has failed, or nothing has moved for a minute, with the state of each that is not complete.
 */
export async function allComplete(
  ledger: Ledger,
  input: { orders: number; signal: AbortSignal; onProgress: (line: string) => void },
): Promise<LedgerRow[]> {
  let progress = '';
  const began = Date.now();
  let movedAt = began;
  for (;;) {
    const rows = await ledger.rows();
    const open = rows.filter(({ status }) => status !== 'COMPLETE');
    if (rows.length === input.orders && open.length === 0) return rows;
    const failed = open.filter(({ status }) => status === 'FAILED');
    if (failed.length > 0 || Date.now() - movedAt > STANDSTILL_LIMIT_MS) {
      const states = open.map((row) => `${row.order_no} ${row.status}${row.reason ? ` (${row.reason})` : ''}`);
      throw new Error(
        `${input.orders - rows.length + open.length} of ${input.orders} orders are not complete: ${states.join(', ') || 'not seen yet'}`,
      );
    }
    const line = `${rows.length - open.length} of ${input.orders} orders complete, ${sum(rows, 'stored')} records stored, ${sum(rows, 'pending_details')} wait for details`;
    if (line !== progress) movedAt = Date.now();
    progress = line;
    input.onProgress(`${Math.round((Date.now() - began) / 1_000)} s: ${line}`);
    await sleep(POLL_MS, undefined, { signal: input.signal });
  }
}

export const renderLedger = (rows: readonly LedgerRow[]): string =>
  renderRows(
    ['order', 'source', 'push date', 'declared', 'parsed', 'rejected', 'stored', 'pending', 'status'],
    rows.map((row) => [
      row.order_no,
      row.source,
      row.push_date.slice(0, 19),
      row.declared,
      row.parsed,
      row.rejected,
      row.stored,
      row.pending_details,
      row.status,
    ]),
  );

const sum = (rows: readonly LedgerRow[], column: 'stored' | 'pending_details'): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);
