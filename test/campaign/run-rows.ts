import { describeError } from 'qcc-core/base/errors';
import { randomOf } from 'qcc-simulator/random';
import { endChildren } from '../../stack/orphans.ts';
import type { RowGroup, RowText, RunRow } from './row.ts';
import { bounded, openWaits } from './waits.ts';

type Rows<Figures> = {
  /** The name of the campaign. Together with seed and row it decides what the row draws. */
  campaign: string;
  seed: string;
  short: boolean;
  groups: readonly RowGroup<Figures>[];
  /** The names of the rows to run. They run in the order of the table. */
  wanted: readonly string[];
  /** A row that takes longer fails. */
  limitMs: number;
  say(line: string): void;
  complain(line: string): void;
  onFigures(row: RowText, figures: Figures, seconds: number): void;
};

/**
 * Runs the rows one after the other, each group in its place. The runner names a row that fails or exceeds its limit, and
 * runs the next row. After a row that exceeds its limit no row of the group runs, because its work may go on in their place.
 * After a group with a failed row it ends every process that is left. If the place of a group does not open, all rows of the
 * group fail.
 * @returns the names of the rows that failed. The waits of such a row may go on in this process.
 */
export async function runRows<Figures>({ groups, wanted, complain, ...rows }: Rows<Figures>): Promise<string[]> {
  const failed = new Set<string>();
  const fail = (these: readonly RowText[], error: unknown): void => {
    for (const { name } of these) failed.add(name);
    complain(`${these.map(({ name }) => name).join(', ')} could not be carried through: ${describeError(error)}`);
  };
  for (const group of groups) {
    const chosen = group.rows.filter(({ name }) => wanted.includes(name));
    if (chosen.length === 0) continue;
    try {
      await group.during(async (run) => {
        for (const [at, row] of chosen.entries()) {
          try {
            await runRow(row, run, rows);
          } catch (error) {
            fail([row], error);
            if (!(error instanceof RowLimitError)) continue;
            const rest = chosen.slice(at + 1);
            if (rest.length > 0) fail(rest, `not run, because ${row.name} may still be at work in the same place`);
            return;
          }
        }
      });
    } catch (error) {
      fail(chosen, error);
    }
    if (chosen.some(({ name }) => failed.has(name))) endChildren();
  }
  return [...failed];
}

/** The row did not end within its limit. Its work may go on. */
class RowLimitError extends Error {
  override readonly name = 'RowLimitError';
}

async function runRow<Figures>(
  row: RowText,
  run: RunRow<Figures>,
  { campaign, seed, short, limitMs, say, onFigures }: Omit<Rows<Figures>, 'groups' | 'wanted' | 'complain'>,
): Promise<void> {
  say(`\n> ${row.name}`);
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1_000);
  const { within, underWay } = openWaits();
  const input = {
    short,
    seed: `${seed}-${row.name}`,
    random: randomOf(seed, campaign, row.name),
    say: (line: string) => say(`  ${seconds()} s  ${line}`),
    within,
  };
  const what = () => underWay() || 'the row itself, between two waits';
  let exceeded: AbortSignal | undefined;
  const work = (signal: AbortSignal) => {
    exceeded = signal;
    return run(row.name, input);
  };
  const figures = await bounded(limitMs, what, work).catch((error: unknown) => {
    throw exceeded?.aborted ? new RowLimitError(describeError(error), { cause: error }) : error;
  });
  onFigures(row, figures, seconds());
}
