import { describeError } from 'qcc-core/base/errors';
import { endChildren } from '../../stack/orphans.ts';
import { bounded, openWaits, type Within } from '../../test/bench/waits.ts';

type Rows<Figures> = {
  names: readonly string[];
  /** Carries one row through, with its stack. */
  run(name: string, within: Within): Promise<Figures>;
  /** A row that takes longer fails. */
  limitMs: number;
  say(line: string): void;
  complain(line: string): void;
  onFigures(name: string, figures: Figures): void;
};

/**
 * Runs the rows one after the other. A row that fails or exceeds its limit is named with the side that failed; every
 * process that it started is ended, and the next row runs.
 * @returns the names of the rows that failed. The waits of such a row may go on in this process.
 */
export async function runRows<Figures>(rows: Rows<Figures>): Promise<string[]> {
  const failed: string[] = [];
  for (const name of rows.names) {
    rows.say(`\n> ${name}`);
    const { within, underWay } = openWaits();
    try {
      const figures = await bounded(
        rows.limitMs,
        () => underWay() || 'the row itself, between two waits',
        () => rows.run(name, within),
      );
      rows.onFigures(name, figures);
    } catch (error) {
      rows.complain(`${name} could not be carried through: ${describeError(error)}`);
      failed.push(name);
      endChildren();
    }
  }
  return failed;
}
