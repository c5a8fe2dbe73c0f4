import type { Command } from 'commander';
import { readSettings } from 'qcc-core/base/settings';
import { coverageMessage } from 'qcc-core/kafka/messages/coverage-fact';
import { type Decision, requireDecision } from '../confirm.ts';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { publish } from '../connect-kafka.ts';
import { parseShanghaiDay } from '../parse-options.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

export function addCoverageCommands(program: Command, terminal: Terminal): void {
  program
    .command('coverage')
    .description("Checks against QCC's list of orders (the view `coverage`).")
    .command('close')
    .description(
      'Closes the open gaps of a day. Ask QCC first which orders they contain. The certificate shows who closed them, and why.',
    )
    .requiredOption('--day <day>', 'Shanghai day that the gap touches, YYYY-MM-DD', parseShanghaiDay)
    .requiredOption('--who <name>', 'who has decided it')
    .requiredOption('--why <text>', 'what was found out')
    .action(async ({ day, ...given }: { day: string } & Decision) => {
      const decision = requireDecision(given);
      const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
      await using clickhouse = connectClickHouse(terminal);
      const gaps = await clickhouse.rows<{ gap: string }>(
        `SELECT gap FROM {{db}}.coverage_gaps
         WHERE is_open AND account = {account: String} AND {day: Date} BETWEEN after_day AND before_day
         ORDER BY gap`,
        { account, day },
      );
      if (gaps.length === 0) {
        throw new CommandFailure(
          `account ${account} has no open gap that touches ${day}; \`npx qcc certificate --day ${day}\` says what is missing`,
        );
      }
      const at = Date.now();
      await publish(terminal, ({ codec }) =>
        gaps.map(({ gap }) =>
          coverageMessage(codec, {
            kind: 'GAP_CLOSED',
            account,
            at,
            gap,
            reason: decision.why,
            decidedBy: decision.who,
          }),
        ),
      );
      for (const { gap } of gaps) terminal.print(`Closed by ${decision.who}: ${gap}`);
    });
}
