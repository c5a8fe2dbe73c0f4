import { CsvError, type Options, parse } from 'csv-parse/sync';
import { PortfolioFileError } from '../portfolio-file-error.ts';
import { HEAD_ROWS, headerScore } from './find-columns.ts';
import { type Cell, cellOf, LIMITS, type Row } from './row.ts';

const DELIMITERS = [',', ';', '\t', '，', '|'];
const HEAD_CHARACTERS = 65_536;
/** What makes Excel take a cell for text: ="0123". */
const FORCED_TEXT = /^="(.*)"$/s;

/**
 * The rows of a CSV, blank ones left out. The delimiter is the one with which the first rows hold the most known headers.
 * @throws PortfolioFileError
 */
export function readCsv(raw: string): Row[] {
  // A file may have lines of several programs. The parser miscounts the lines of a cell whose line breaks have two characters.
  const text = raw.replace(/\r\n?/g, '\n');
  const delimiter = findDelimiter(text);
  return parseRecords(withoutFormulas(text, delimiter), delimiter)
    .map(({ line, cells }) => ({ line, cells: cells.map(toCell) }))
    .filter(({ cells }) => cells.some(({ text }) => text !== ''));
}

const toCell = (raw: string): Cell => cellOf(FORCED_TEXT.exec(raw.trim())?.[1] ?? raw);

/** Programs write ="0123" without quotes around it, which is not CSV. */
const withoutFormulas = (text: string, delimiter: string): string => {
  const ends = `[${delimiter === '|' ? '\\|' : delimiter}\\n]`;
  return text.replace(new RegExp(`(^|${ends})="([^"\\n]*)"(?=${ends}|$)`, 'g'), '$1"$2"');
};

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
    return head.split('\n', HEAD_ROWS).map((line) => line.split(delimiter));
  }
}

const OPTIONS: Options = {
  bom: true,
  record_delimiter: '\n',
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: LIMITS.rowBytes,
};

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
  lastLine - record.reduce((breaks, cell) => breaks + (cell.match(/\n/g)?.length ?? 0), 0);

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
