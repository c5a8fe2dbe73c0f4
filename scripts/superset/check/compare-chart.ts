import type { Chart } from '../assets/description.ts';
import { type ChartAnswer, rowsOf } from './chart-answer.ts';

type Cells = readonly unknown[];

/**
 * How a chart's answer differs from what SQL says, or undefined. The order of rows is not compared. Superset answers a chart over time
 * either with a row for each day and series, or with a column for each series; both mean the same.
 */
export function compareChart(chart: Chart, answer: ChartAnswer, expected: readonly Cells[]): string | undefined {
  if (answer.error) return `Superset reports an error: ${answer.error}`;
  const shown = withoutTies(chart, normalise(cellsOf(chart, answer)));
  const wanted = withoutTies(chart, normalise(withLabel(chart, expected)));
  const isIn = (rows: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1);
    return (row: string) => {
      const left = counts.get(row) ?? 0;
      counts.set(row, left - 1);
      return left > 0;
    };
  };
  const isWanted = isIn(wanted);
  const isShown = isIn(shown);
  const extra = shown.filter((row) => !isWanted(row));
  const missing = wanted.filter((row) => !isShown(row));
  if (extra.length === 0 && missing.length === 0) return undefined;
  return `Superset shows ${shown.length} rows, SQL says ${wanted.length}; only in Superset: ${sample(extra)}; only in SQL: ${sample(missing)}`;
}

/** The cells of an answer as texts. A chart over time has the cells day, series, value; any other those of its columns in order. */
export const shownCells = (chart: Chart, answer: ChartAnswer): string[][] => normalise(cellsOf(chart, answer));

function cellsOf(chart: Chart, answer: ChartAnswer): Cells[] {
  const rows = rowsOf(answer);
  if (chart.kind !== 'time') return rows.map((row) => columnsOf(chart).map((name) => row[name]));
  const { over, series, metrics } = chart;
  return rows.flatMap((row) =>
    series !== undefined && series in row
      ? [[row[over], row[series], row[metrics[0]!]]]
      : Object.keys(row)
          .filter((name) => name !== over && row[name] !== null)
          .map((name) => [row[over], name, row[name]]),
  );
}

/** Superset adds columns, such as those it sorts by. */
function columnsOf(chart: Exclude<Chart, { kind: 'time' }>): readonly string[] {
  switch (chart.kind) {
    case 'number':
      return [chart.metric];
    case 'ranking':
      return [chart.by, chart.metric];
    case 'table':
      return [...chart.by, ...chart.metrics];
    case 'rows':
      return chart.columns;
    default:
      return chart satisfies never;
  }
}

/** The expected SQL of a time chart without series may omit the name of the metric. */
const withLabel = (chart: Chart, rows: readonly Cells[]): readonly Cells[] =>
  chart.kind === 'time'
    ? rows.map((row) => (row.length === 2 ? [row[0], chart.metrics[0], row[1]] : row)).filter((row) => row[2] !== null)
    : rows;

const normalise = (rows: readonly Cells[]): string[][] => rows.map((row) => row.map(textOf));

/** If rows tie at the end of a ranking, either side may choose any of them. */
function withoutTies(chart: Chart, rows: string[][]): string[] {
  const text = (row: readonly string[]) => row.join(' | ');
  const figure = rankedBy(chart);
  if (figure === undefined || !('limit' in chart) || rows.length < chart.limit) return rows.map(text);
  const last = Math.min(...rows.map((row) => Number(row[figure])));
  return rows.map((row) => text(Number(row[figure]) === last ? ['(a tie)', row[figure]!] : row));
}

/** Index of the column that ranks the rows. */
function rankedBy(chart: Chart): number | undefined {
  if (chart.kind === 'ranking') return 1;
  return chart.kind === 'table' ? columnsOf(chart).indexOf(chart.orderBy.metric) : undefined;
}

/** Numbers may arrive as text, or with rounding errors in the last digits. */
export function textOf(value: unknown): string {
  // What Superset calls a series without a name.
  if (value === null || value === undefined || value === '<NULL>') return '–';
  if (typeof value === 'boolean') return String(value);
  const number =
    typeof value === 'number' ? value : /^-?\d{1,15}(\.\d+)?$/.test(String(value)) ? Number(value) : undefined;
  return number === undefined ? String(value) : String(Number(number.toFixed(6)));
}

const sample = (rows: readonly string[]): string =>
  rows.length === 0 ? 'none' : `${rows.slice(0, 3).join(' ; ')}${rows.length > 3 ? ' …' : ''}`;
