import type { Random } from 'qcc-simulator/random';
import type { Say } from '../harness/say.ts';
import type { Within } from './waits.ts';

/** What the runner gives every row. */
export type RowInput = {
  /** Less work, to try a row out. */
  short: boolean;
  /** Belongs to this row: the campaign's seed and the row's name. */
  seed: string;
  /** The same numbers for the same seed. */
  random: Random;
  say: Say;
  /** For every wait that has no limit otherwise. */
  within: Within;
};

/** One row of a campaign's table: a fault, an attack or a benchmark. */
export type Row<Place, Figures> = RowText & {
  /** Does the work and says what it saw. @throws Error if the row could not be carried through. */
  run(input: RowInput & Place): Promise<Figures>;
};

export type RowText = {
  /** For `--only`; lower case with hyphens. */
  name: string;
  /** What the row does, as the page names it. */
  title: string;
  /** The promise that the row tests, if each row of the campaign has a different one. */
  mustHold?: string;
};

/** Runs the row of that name. */
export type RunRow<Figures> = (name: string, input: RowInput) => Promise<Figures>;

/** Rows that share a place, for example a stack. */
export type RowGroup<Figures> = {
  rows: readonly RowText[];
  /** Opens the place, gives `work` a function that runs a row in it, and closes the place at the end. */
  during(work: (run: RunRow<Figures>) => Promise<void>): Promise<void>;
};

/** @param open Opens the place of the rows. The runner closes everything in the scope after the last row. */
export const rowsIn = <Place extends object, Figures>(
  open: (scope: AsyncDisposableStack) => Promise<Place>,
  rows: readonly Row<Place, Figures>[],
): RowGroup<Figures> => ({
  rows,
  async during(work) {
    await using scope = new AsyncDisposableStack();
    const place = await open(scope);
    await work((name, input) => rows.find((row) => row.name === name)!.run({ ...input, ...place }));
  },
});
