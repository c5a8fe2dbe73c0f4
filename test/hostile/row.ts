import type { StackEnv } from '../../stack/stack.ts';
import type { Row, RowInput } from '../campaign/row.ts';
import type { TargetOnDemand } from './target.ts';

/** What a row has to show: every attack either held or broke a promise. */
export type HostileFigures = {
  attacks: number;
  held: number;
  broken: number;
  /** The first few that broke a promise, in words. */
  problems: string[];
  /** Whatever else was measured, in words. */
  notes: string[];
};

export type HostilePlace = {
  /** Real Kafka, registry and ClickHouse; rows keep apart by names of their own. */
  stack: StackEnv;
  /** The four services, which all rows of a run share. */
  target: TargetOnDemand;
};

/** `short` means fewer attacks, for `npm test`: the whole table has a minute. */
export type HostileInput = HostilePlace & RowInput;

/** One line of the table of attacks. */
export type HostileRow = Row<HostilePlace, HostileFigures> & { mustHold: string };

export type Tally = {
  /** Notes one attack: null where everything held, else what did not. */
  count(attack: string, problem: string | null): void;
  figures(notes?: string[]): HostileFigures;
};

const MOST_PROBLEMS = 20;

export function createTally(): Tally {
  let held = 0;
  let broken = 0;
  const problems: string[] = [];
  return {
    count(attack, problem) {
      if (problem === null) {
        held += 1;
        return;
      }
      broken += 1;
      if (problems.length < MOST_PROBLEMS) problems.push(`${attack}: ${problem}`);
    },
    figures: (notes = []) => ({ attacks: held + broken, held, broken, problems, notes }),
  };
}
