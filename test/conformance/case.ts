import type { Bed } from './bed.ts';

/** One promise that a client has to keep. */
export type Case = {
  /** Says what holds. */
  sentence: string;
  /** Resolves with figures, in words, when the promise was kept. @throws NonconformityError that says what was not */
  run(bed: Bed, options: { rounds: number }): Promise<string[]>;
  /** Rounds of a whole run and of a short one; 1 for cases that do the same each time. */
  rounds: { whole: number; short: number };
  /** In the short form, which `npm test` runs with the client that the services use. */
  isShort: boolean;
};

export const ONCE = { whole: 1, short: 1 };
