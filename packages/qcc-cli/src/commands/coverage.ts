import type { Command } from 'commander';
import { coverageMessage } from 'qcc-core/coverage-fact';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/settings';
import { parseShanghaiDay } from '../parse-day.ts';
import { publish } from '../publish.ts';
import { readView } from '../read-view.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type OpenGap = { account: string; gap: string };

export function addCoverageCommands(program: Command, terminal: Terminal): void {
  program
    .command('coverage')
    .description("What was checked against QCC's list of orders (the view `coverage`).")
    .command('close')
    .description(
      'Closes the open gaps of a day, after a person has found out at QCC what they hold. Who and why stand in the certificate.',
    )
    .requiredOption('--day <day>', 'Shanghai day that the gap touches, YYYY-MM-DD', parseShanghaiDay)
    .requiredOption('--who <name>', 'who has decided it')
    .requiredOption('--why <text>', 'what was found out')
    .action(async ({ day, who, why }: { day: string; who: string; why: string }) => {
      const settings = readSettings(terminal.env, ['ACCOUNT', ...CLICKHOUSE_SETTINGS]);
      for (const [option, text] of Object.entries({ '--who': who, '--why': why })) {
        if (text.trim() === '') throw new CommandFailure(`${option} is blank: an auditor will want to read it`);
      }
      const gaps = await readView<OpenGap>(settings, {
        view: 'coverage_gaps',
        query:
          'SELECT account, gap FROM {{view}} WHERE is_open AND account = {account: String} AND {day: Date} BETWEEN after_day AND before_day ORDER BY gap',
        params: { account: settings.ACCOUNT, day },
      });
      if (gaps.length === 0) {
        throw new CommandFailure(
          `account ${settings.ACCOUNT} has no open gap that touches ${day}; \`qcc certificate --day ${day}\` says what is missing`,
        );
      }
      const at = Date.now();
      await publish(terminal, ({ codec }) =>
        gaps.map(({ account, gap }) =>
          coverageMessage(codec, { kind: 'GAP_CLOSED', account, at, gap, reason: why.trim(), decidedBy: who.trim() }),
        ),
      );
      for (const { gap } of gaps) terminal.print(`Closed by ${who.trim()}: ${gap}`);
    });
}
