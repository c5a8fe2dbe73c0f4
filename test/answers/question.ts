import type { Answer } from './expected.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A query of the catalogue with the values of its parameters, or all rows of a view. */
export type Asked =
  | { query: string; values: Readonly<Record<string, string>> }
  /** If `hasMasked` is true, an analyst reads the view of this name with `_masked`. */
  | { view: string; hasMasked: boolean };

/** A question about a season with its right answer. */
export type Question = {
  asked: Asked;
  expected: Answer;
  /** The same for a reader of the masked views, if the answer has names. */
  expectedMasked?: Answer;
  /** Converts the rows of an answer to the form of `expected`. */
  actual(rows: readonly Row[]): Answer;
  /** Figures of which the page shows the totals of both sides: the name of a figure and its place among the figures of a row. */
  totals?: Readonly<Record<string, number>>;
};

/** The name of the query or of the view. */
export const nameOf = (asked: Asked): string => ('view' in asked ? asked.view : asked.query);

/** The sum of one figure over all rows. A figure that is empty or not a whole number counts as 0. */
export const totalOf = (answer: Answer, place: number): bigint =>
  [...answer.values()]
    .map((figures) => figures.split(' | ')[place] ?? '')
    .reduce((sum, figure) => sum + (/^\d+$/.test(figure) ? BigInt(figure) : 0n), 0n);

/** Keys whose figures differ, with both sides' figures. */
export const differences = (expected: Answer, actual: Answer): string[] =>
  [...new Set([...expected.keys(), ...actual.keys()])]
    .filter((place) => expected.get(place) !== actual.get(place))
    .map((place) => `${place}: ${actual.get(place) ?? 'no row'} instead of ${expected.get(place) ?? 'no row'}`);

/** In JSON, a Bool is true or 1, depending on how a view computes it. */
export const isTrue = (value: unknown): boolean => Boolean(Number(value));

/** An amount in yuan as a whole number of fen. */
export const fen = (yuan: unknown): string => (yuan === null ? '0' : String(BigInt(Math.round(Number(yuan) * 100))));
