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

/** Excel writes a number with more than 11 digits so, and digits are lost. */
const SCIENTIFIC = /^\d(?:\.\d+)?E\+?\d+$/i;
/** What a formula shows that has failed. */
const FORMULA_ERROR = /^#(?:N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|SPILL!|CALC!)$/i;

/** Older programs end a file with Ctrl-Z, or fill cells with NUL. Tabs and line breaks are part of the text. */
const CONTROL = /[^\P{Cc}\t\n\r]/gu;

/** The cell with this text, which it had in the file or in a program before. Blanks around it are removed. */
export function cellOf(raw: string): Cell {
  const text = raw.replace(CONTROL, '').trim();
  const problem = FORMULA_ERROR.test(text) ? formulaError(text) : null;
  const digitsLost = SCIENTIFIC.test(text)
    ? `Excel has shortened the number ${text}: format the column as text, enter it again and save the file again`
    : null;
  return { text, problem, digitsLost };
}

/** People type an apostrophe before a number so that Excel takes it for text. An input method may write another kind. */
const APOSTROPHE = /^['‘’＇`｀′]\s*/;

export const withoutApostrophe = (text: string): string => text.replace(APOSTROPHE, '');

export const formulaError = (shown: string): string =>
  `a formula has the error ${shown}: correct it, or put the value in its place`;

/** A row of the file. `line` is what the editor of the file shows: the line of a CSV, the row of a sheet. */
export type Row = { line: number; cells: readonly Cell[] };
