/** The most that a portfolio file may hold. Larger ones are refused as a whole. */
export const LIMITS = {
  fileBytes: 64 * 1_048_576,
  /** Of an Excel workbook, unpacked. */
  unpackedBytes: 256 * 1_048_576,
  rows: 200_000,
  columns: 200,
  /** Of all cells of a row, in UTF-8: a row becomes one message. */
  rowBytes: 262_144,
} as const;

export type Cell = {
  text: string;
  /** Why the cell has no value that can be used; null if it has one. */
  problem: string | null;
  /** Why its digits are not those that somebody entered; null if they are. */
  digitsLost: string | null;
};

export const cellOf = (text: string): Cell => ({ text, problem: null, digitsLost: null });

/** A row of the file. `line` is what the editor of the file shows: the line of a CSV, the row of a sheet. */
export type Row = { line: number; cells: readonly Cell[] };
