import { type Column, textOf, type Value } from './columns.ts';

/** Excel takes a CSV without it for the encoding of the machine. */
export const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Spreadsheets run a cell that begins so as a formula. In East Asian locales the full-width forms count too.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** A row with its line end, for Excel: comma, CRLF, and text that cannot be a formula. */
export const csvRow = (columns: readonly Column[], values: readonly Value[]): string =>
  `${columns.map((column, at) => csvCell(column, values[at] ?? null)).join(',')}\r\n`;

export const csvHeader = (columns: readonly Column[]): string =>
  `${columns.map(({ name }) => quoted(defused(name))).join(',')}\r\n`;

function csvCell({ kind }: Column, value: Value): string {
  const text = textOf(value);
  const isText = kind.is === 'text' || kind.is === 'array' || kind.is === 'json';
  return quoted(isText ? defused(text) : text);
}

/** An apostrophe before it makes it text. A number stays one, also if it is negative. */
const defused = (text: string): string => (FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text);

const quoted = (text: string): string => (/^\s|\s$|[",\r\n]|^'/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
