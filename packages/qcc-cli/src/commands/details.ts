import { hostname } from 'node:os';
import type { Command } from 'commander';
import { DEFAULT_DAILY_BUDGET, readSettings } from 'qcc-core/base/settings';
import { breakerMessage } from 'qcc-core/kafka/messages/detail-gate';
import { confirm } from '../confirm.ts';
import { publish } from '../connect-kafka.ts';
import { type PendingLookups, readPendingLookups, readSpent } from '../details/read-details.ts';
import { parseDays } from '../parse-options.ts';
import { renderTable } from '../render-table.ts';
import { CommandFailure, type Environment, type Terminal } from '../terminal.ts';

const DEFAULT_DAYS = 7;

export function addDetailsCommands(program: Command, terminal: Terminal): void {
  const details = program.command('details').description('Paid calls for details.');
  details
    .command('estimate')
    .description(
      'Shows the changes that wait for details and the minimum number of calls, by endpoint and level of risk.',
    )
    .action(async () => printEstimate(terminal));
  details
    .command('confirm')
    .description('Approves paid calls if DETAIL_DAILY_BUDGET is not set; pending details are then looked up.')
    .option('--yes', 'do not ask')
    .action(async ({ yes }: { yes?: true }) => {
      const why = whyNoCalls(terminal);
      if (why !== null) throw new CommandFailure(`no detail call is made while ${why}; nothing was changed`);
      if (!yes) {
        await printEstimate(terminal);
        await confirm(terminal, {
          question: 'Type yes to allow these calls: ',
          expected: 'yes',
          nothing: 'nothing was changed',
        });
      }
      const account = await publishDecision(terminal, 'CONSENT');
      terminal.print(`Details of account ${account} are looked up from now on, ${describeBudget(terminal)}.`);
    });
  details
    .command('open')
    .description(
      'Makes one detail call now instead of waiting for the circuit breaker after a daily limit (109, 116) or a refusal (101, 102, …). The response resets the breaker or trips it again. It also resets the breakers of the extractors (download links, order list) and of the gateway (order list).',
    )
    .action(async () => {
      const why = whyNoCalls(terminal);
      const account = await publishDecision(terminal, 'PROBE');
      if (why !== null) {
        return terminal.print(
          `No detail call is made while ${why}. The circuit breakers of extractors and gateway are reset.`,
        );
      }
      terminal.print(
        `One detail call of account ${account} is made now. The others follow when QCC has answered it. No call is made if the budget is used up or not confirmed.`,
      );
    });
  details
    .command('spend')
    .description('The calls that were made, by day, endpoint and code (the view `detail_spend`).')
    .option('--days <count>', 'how many days, today included', parseDays, DEFAULT_DAYS)
    .action(async ({ days }: { days: number }) => {
      const rows = await readSpent(terminal, days);
      if (rows.length === 0) return terminal.print('No detail call was made in these days.');
      terminal.print(
        renderTable(
          ['day (Shanghai)', 'endpoint', 'code', 'calls'],
          [...Map.groupBy(rows, ({ day }) => day)].flatMap(([day, spent]) => [
            ...spent.map(({ endpoint, code, calls }) => [day, endpoint, code, calls]),
            [day, 'all', '', sum(spent)],
          ]),
          { columns: terminal.columns },
        ),
      );
      terminal.print('Every page and every retry counts, because QCC does not document which calls it bills.');
    });
}

async function printEstimate(terminal: Terminal): Promise<void> {
  const rows = await readPendingLookups(terminal);
  if (rows.length === 0) return terminal.print('No change waits for its details.');
  terminal.print(
    renderTable(['endpoint', 'level of risk', 'changes', 'calls at least'], [...rows.map(toCells), totals(rows)], {
      columns: terminal.columns,
    }),
  );
  const why = whyNoCalls(terminal);
  if (why !== null) return terminal.print(`No detail call is made while ${why}.`);
  const days = Math.ceil(sum(rows) / dailyBudget(terminal));
  terminal.print(
    `Level 1, the highest risk, goes first. It takes ${days} ${days === 1 ? 'day' : 'days'} at least, ${describeBudget(terminal)}; lists of dishonest debtors take a call per page of 20.`,
  );
}

const toCells = ({ endpoint, category, changes, calls }: PendingLookups) => [endpoint, category, changes, calls];
const totals = (rows: readonly PendingLookups[]) => [
  'all',
  '',
  rows.reduce((total, { changes }) => total + changes, 0),
  sum(rows),
];
const sum = (rows: readonly { calls: number }[]): number => rows.reduce((total, { calls }) => total + calls, 0);

/** The setting that keeps this environment from making detail calls; null if calls are possible. */
function whyNoCalls({ env }: Terminal): string | null {
  const { QCC_READ_ONLY, DETAIL_DAILY_BUDGET } = readSettings(env, ['QCC_READ_ONLY', 'DETAIL_DAILY_BUDGET']);
  if (QCC_READ_ONLY) return 'QCC_READ_ONLY is true';
  return DETAIL_DAILY_BUDGET === 0 ? 'DETAIL_DAILY_BUDGET is 0' : null;
}

const dailyBudget = ({ env }: Terminal): number =>
  readSettings(env, ['DETAIL_DAILY_BUDGET']).DETAIL_DAILY_BUDGET ?? DEFAULT_DAILY_BUDGET;
const describeBudget = (terminal: Terminal): string => `at most ${dailyBudget(terminal)} calls a day`;

/**
 * Publishes a person's decision on `detail-gate`. CONSENT allows the account's default budget. PROBE starts one call, which
 * finds out whether QCC answers again. Resolves to the account once that is durable.
 */
export async function publishDecision(terminal: Environment, state: 'CONSENT' | 'PROBE'): Promise<string> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  const by = `qcc@${hostname()}`;
  await publish(terminal, ({ codec }) => [breakerMessage(codec, { account, state, since: Date.now(), by })]);
  return account;
}
