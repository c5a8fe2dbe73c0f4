import { parseArguments } from '../../scripts/command-arguments.ts';
import { COMMAND_OPTIONS } from '../../scripts/command-options.mjs';
import { writeGeneratedDocs } from '../../scripts/docs.ts';
import { endWithMe, openScratchFolder } from '../../stack/end-with-me.ts';
import { chooseRows, withoutDone } from './choose-rows.ts';
import { codeCommit } from './code-commit.ts';
import type { Page } from './page.ts';
import type { RowGroup, RowText } from './row.ts';
import { runRows } from './run-rows.ts';

/** A table of rows, and what becomes of their figures. */
export type Campaign<Figures, Run> = {
  /** As in `npm run NAME`. */
  name: 'bench' | 'chaos' | 'hostile';
  /** For the help: how long all rows take, and how `--short` differs. */
  help: { all: string; short: string };
  /** The default of `--seed` and what another seed changes. A campaign without a seed does not have this option. */
  draw?: { seed: string; of: string };
  /** In the order of running. */
  groups: readonly RowGroup<Figures>[];
  page: Page<Run>;
  /** The figures as the page's file keeps them. */
  toRun(row: RowText, figures: Figures, seconds: number): Run;
  /** Whether every promise was kept. */
  holds(figures: Figures): boolean;
  /** For the terminal. */
  show(figures: Figures): unknown;
};

/** Every wait of a row has its own, shorter limit; this one is for the rest. */
const ROW_LIMIT_MS = 7_200_000;

/**
 * The whole command, with the options of this process. After each row it writes the figures and the page. The exit code is
 * 1 if a row failed or broke a promise.
 */
export async function runCampaign<Figures, Run>(campaign: Campaign<Figures, Run>): Promise<void> {
  const { name, draw, page } = campaign;
  const order = campaign.groups.flatMap(({ rows }) => rows.map((row) => row.name));
  const { values } = parseArguments({ options: COMMAND_OPTIONS[name] as typeof COMMAND_OPTIONS.chaos });
  const { only, resume, short, help, seed = draw?.seed } = values;
  if (help) {
    console.log(renderHelp(campaign, order));
    return;
  }
  const chosen = chooseRows(only, order);
  const commit = codeCommit();
  endWithMe();
  openScratchFolder(name);
  const failed = await runRows({
    campaign: name,
    seed: seed ?? name,
    short,
    groups: campaign.groups,
    wanted: resume ? withoutDone(chosen, page.runs.read()) : chosen,
    limitMs: ROW_LIMIT_MS,
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
    onFigures(row, figures, seconds) {
      console.log(campaign.show(figures));
      if (!campaign.holds(figures)) process.exitCode = 1;
      if (short) return;
      const command = `npm run ${name} -- --only ${row.name}${seed === undefined ? '' : ` --seed ${seed}`}`;
      page.runs.keep(row.name, { figures: campaign.toRun(row, figures, seconds), command, commit, order });
      writeGeneratedDocs([page.runs.file]);
    },
  });
  // The open waits of a failed row would keep the process running.
  if (failed.length > 0) process.exit(1);
}

function renderHelp(
  { name, help, draw }: Pick<Campaign<unknown, unknown>, 'name' | 'help' | 'draw'>,
  rows: readonly string[],
): string {
  const lines = [
    ['', help.all],
    ['-- --only ROW,ROW', `some: ${rows.join(', ')}`],
    ['-- --resume', 'those that have no figures of this commit yet'],
    ...(draw ? [['-- --seed TEXT', `another draw of ${draw.of} (default: ${draw.seed})`]] : []),
    ['-- --short', `${help.short}; nothing is written to docs`],
  ];
  return lines.map(([options, text]) => `npm run ${name} ${options!.padEnd(17)}   ${text}`).join('\n');
}
