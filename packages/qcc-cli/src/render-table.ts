import Table from 'cli-table3';
import type { PositionRange } from 'qcc-core/contract/domain';
import { toRanges } from 'qcc-core/contract/positions';
import wrapAnsi from 'wrap-ansi';

type Cell = string | number;

export type TableLayout = {
  /** Columns of the terminal. Without them the table may have any width, as in a file. */
  columns?: number | undefined;
  /** The most characters of each column; null is no limit. */
  widths?: readonly (number | null)[];
  /** Without lines between rows. */
  isCompact?: boolean;
};

/** Narrower columns cannot be read: each row becomes a block of lines then. */
const MIN_WIDTH = 12;
/** Around the text of a cell, with the border at its left. */
const FRAME = 3;

/**
 * A table as text, without colours, so that it reads the same in a pipe. It fits the terminal: the widest columns are
 * wrapped, and if they would be too narrow, each row becomes a block with a line for each column. Nothing is cut off.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { columns, widths = [], isCompact = false }: TableLayout = {},
): string {
  const render = (limits: readonly (number | null)[]): string => {
    const wrapRow = (row: readonly Cell[]) => row.map((cell, index) => wrap(cell, limits[index] ?? null));
    const table = new Table({ head: wrapRow(head), style: { head: [], border: [], compact: isCompact } });
    table.push(...rows.map(wrapRow));
    return table.toString();
  };
  const text = render(widths);
  const natural = widthsOf(text);
  const room = (columns ?? Number.POSITIVE_INFINITY) - FRAME * natural.length - 1;
  if (sum(natural) <= room) return text;
  let limit = Math.max(...natural);
  while (limit >= MIN_WIDTH && sum(natural.map((width) => Math.min(width, limit))) > room) limit -= 1;
  if (limit >= MIN_WIDTH) return render(natural.map((width) => Math.min(width, limit)));
  return renderBlocks(head, rows, columns ?? 0);
}

function renderBlocks(head: readonly string[], rows: readonly (readonly Cell[])[], columns: number): string {
  const block = (row: readonly Cell[], width: number | null): string => {
    const table = new Table({ style: { head: [], border: [], compact: true } });
    table.push(...head.map((name, index) => ({ [name]: [wrap(row[index] ?? '', width)] })));
    return table.toString();
  };
  const [names = 0] = widthsOf(block([], null));
  const room = Math.max(MIN_WIDTH, columns - names - 2 * FRAME - 1);
  return rows.map((row) => block(row, room)).join('\n');
}

/** Between words, and within those that are longer than a line, as order numbers and Chinese are. */
const wrap = (cell: Cell, width: number | null): string =>
  width === null ? String(cell) : wrapAnsi(String(cell), width, { hard: true });

/** Of the text in each column, by the upper border: characters in between may be Chinese and twice as wide. */
const widthsOf = (text: string): number[] =>
  text
    .slice(1, text.indexOf('┐'))
    .split('┬')
    .map((border) => border.length - FRAME + 1);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Positions for people: `3: 1–2, 7`; only the first ranges where there are many, empty where there are none. */
export const describePositions = (positions: readonly number[], shownRanges?: number): string =>
  describeRanges(toRanges(positions), shownRanges);

/** The same for ranges that are inclusive, ascending and do not touch, as the view `orders` has them. */
export function describeRanges(ranges: readonly PositionRange[], shownRanges = 3): string {
  if (ranges.length === 0) return '';
  const count = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const shown = ranges
    .slice(0, shownRanges)
    .map(({ first, last }) => (first === last ? String(first) : `${first}–${last}`));
  return `${count}: ${shown.join(', ')}${ranges.length > shownRanges ? ', …' : ''}`;
}
