import type { Command } from 'commander';
import { shanghaiDay } from 'qcc-core/base/shanghai-time';
import { ORDERS_WITH_CLOSURES } from '../closures.ts';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { parseShanghaiDay } from '../parse-options.ts';
import {
  type ActivationRow,
  type DayStatement,
  type GapRow,
  type OrderRow,
  renderCertificate,
  shortcomings,
  type WindowRow,
} from '../render-certificate.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

export function addCertificateCommand(program: Command, terminal: Terminal): void {
  program
    .command('certificate')
    .description(
      "A day's statement for an auditor: windows and verdicts, orders and counts, archive hashes, orders that a person closed, gaps, activations of the callback. The exit code is 1 unless the day is over and everything is complete.",
    )
    .requiredOption('--day <day>', 'Shanghai day, YYYY-MM-DD', parseShanghaiDay)
    .action(async ({ day }: { day: string }) => {
      const { account } = terminal;
      const statements = await readDay(terminal, { day, account: account ?? '' });
      if (statements.length === 0) {
        throw new CommandFailure(
          `no data for ${day}${account === undefined ? '' : ` and account ${account}`}: the day was not checked, and no order arrived`,
        );
      }
      for (const statement of statements) terminal.print(renderCertificate(statement));
      const bad = statements.filter((statement) => shortcomings(statement).length > 0);
      if (bad.length > 0) {
        throw new CommandFailure(
          `${day} is not proven complete for ${bad.map((statement) => statement.account).join(', ')}; the certificate says why`,
        );
      }
    });
}

/** An order belongs to the day on which QCC lists its creation, and to the day of its push if that is another day. */
async function readDay(terminal: Terminal, params: { day: string; account: string }): Promise<DayStatement[]> {
  await using clickhouse = connectClickHouse(terminal);
  const ofAccount = "{account: String} IN ('', account)";
  const windows = await clickhouse.rows<WindowRow>(
    `SELECT account, push_window, last_checked_at, orders_listed, orders_complete, verdict
     FROM {{db}}.coverage
     WHERE day = {day: Date} AND ${ofAccount}
     ORDER BY account, push_window = 'other', window_start, push_window`,
    params,
  );
  const orders = await clickhouse.rows<OrderRow>(
    `SELECT account, order_no, revision, push_date, declared, parsed, rejected, discarded, stored, status, reason, archive_sha256,
       closed_at, closed_by, closed_reason
     FROM ${ORDERS_WITH_CLOSURES}
     WHERE ${ofAccount} AND (
       ifNull(push_day, received_day) = {day: Date}
       OR (account, order_no) IN (SELECT account, arrayJoin(order_nos) FROM {{db}}.coverage WHERE day = {day: Date})
     )
     ORDER BY account, push_date, order_no`,
    params,
  );
  const gaps = await clickhouse.rows<GapRow>(
    `SELECT account, gap, gap_after, gap_before, is_open, closed_at, closed_by, reason
     FROM {{db}}.coverage_gaps
     WHERE ${ofAccount} AND {day: Date} BETWEEN after_day AND before_day
     ORDER BY account, gap_after, gap`,
    params,
  );
  const activations = await clickhouse.rows<ActivationRow>(
    `SELECT account, at AS activated_at, ifNull(argMax(reason, source_offset), '') AS why,
       ifNull(argMax(result, source_offset), '') AS outcome
     FROM {{db}}.coverage_facts
     WHERE ${ofAccount} AND kind = 'ACTIVATED' AND at_day = {day: Date}
     GROUP BY account, at
     ORDER BY account, at`,
    params,
  );
  const accounts = [...new Set([...windows, ...orders, ...gaps, ...activations].map(({ account }) => account))].sort();
  const of = <Row extends { account: string }>(rows: readonly Row[], account: string) =>
    rows.filter((row) => row.account === account);
  return accounts.map((account) => ({
    account,
    day: params.day,
    isOver: params.day < shanghaiDay(Date.now()),
    windows: of(windows, account),
    orders: of(orders, account),
    gaps: of(gaps, account),
    activations: of(activations, account),
  }));
}
