import { CsvError, parse } from 'csv-parse/sync';
import { PortfolioFileError } from '../portfolio-file-error.ts';
import { headerScore } from './find-columns.ts';
import { type Cell, cellOf, LIMITS, type Row } from './row.ts';

const DELIMITERS = [',', ';', '\t', '，', '|'];
/** How many rows may stand above the header, with it. */
const HEAD_ROWS = 10;
const HEAD_CHARACTERS = 65_536;
/** Excel writes a number with more than 11 digits so, and digits are lost. */
const SCIENTIFIC = /^\d(?:\.\d+)?E\+?\d+$/i;
/** What makes Excel take a cell for text: ="0123". */
const FORCED_TEXT = /^="(.*)"$/s;

/**
 * The rows of a CSV, blank ones left out. The delimiter is the one with which the first rows hold the most known headers.
 * @throws PortfolioFileError
 */
export function readCsv(text: string): Row[] {
  const delimiter = findDelimiter(text);
  return parseRecords(text, delimiter)
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
    .map(({ line, cells }) => ({ line, cells: cells.map(toCell) }));
}

function toCell(raw: string): Cell {
  const text = (FORCED_TEXT.exec(raw.trim())?.[1] ?? raw).trim();
  if (!SCIENTIFIC.test(text)) return cellOf(text);
  const digitsLost = `Excel has shortened the number ${text}: format the column as text, enter it again and save the file again`;
  return { text, problem: null, digitsLost };
}

function findDelimiter(text: string): string {
  const head = text.slice(0, HEAD_CHARACTERS);
  const scores = DELIMITERS.map((delimiter) => {
    // A cell may be cut off at the end of the head.
    const rows = parseHead(head, delimiter);
    return { delimiter, score: Math.max(0, ...rows.map(headerScore)), width: rows[0]?.length ?? 0 };
  });
  const [best] = scores.sort((a, b) => b.score - a.score || b.width - a.width);
  return best?.delimiter ?? ',';
}

function parseHead(head: string, delimiter: string): string[][] {
  try {
    return parse(head, { ...OPTIONS, delimiter, to: HEAD_ROWS, relax_quotes: true }) as string[][];
  } catch {
    return head.split(/\r\n|\n|\r/, HEAD_ROWS).map((line) => line.split(delimiter));
  }
}

const OPTIONS = {
  bom: true,
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: LIMITS.rowBytes,
} as const;

type Parsed = { record: string[]; info: { lines: number } };

/** Blank rows count, too: a file of delimiters would fill the memory. */
const MOST_RECORDS = 2 * LIMITS.rows;

function parseRecords(text: string, delimiter: string): { line: number; cells: string[] }[] {
  try {
    const parsed = parse(text, { ...OPTIONS, delimiter, info: true, to: MOST_RECORDS + 1 }) as unknown as Parsed[];
    if (parsed.length > MOST_RECORDS) {
      throw new PortfolioFileError(`the file has more than ${MOST_RECORDS} rows: remove the blank ones, or split it`);
    }
    return parsed.map(({ record, info }) => ({ line: firstLine(record, info.lines), cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 'lines' in error ? `line ${error.lines}` : 'the file';
    const [problem, remedy] = PROBLEMS[error.code] ?? [`is not CSV (${error.message})`, 'save the file again as CSV'];
    throw new PortfolioFileError(`${line} ${problem}: ${remedy}`, { cause: error });
  }
}

/** The parser counts the lines at the end of a record; quoted cells may hold line breaks. */
const firstLine = (record: readonly string[], lastLine: number): number =>
  lastLine - record.reduce((breaks, cell) => breaks + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);

const PROBLEMS: Readonly<Partial<Record<string, readonly [string, string]>>> = {
  CSV_QUOTE_NOT_CLOSED: ['opens a quote that is never closed', 'close it, or write a quote within a cell twice'],
  CSV_MAX_RECORD_SIZE: [
    `is part of a row with more than ${LIMITS.rowBytes} characters`,
    'shorten it; a quote that is never closed looks like that, too',
  ],
  INVALID_OPENING_QUOTE: [
    'has a quote within a cell',
    'put the whole cell into quotes and write the quote in it twice',
  ],
  CSV_INVALID_CLOSING_QUOTE: ['has text behind a closing quote', 'write a quote within a cell twice'],
};
