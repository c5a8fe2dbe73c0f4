import { type CellObject, read, SSF, type WorkSheet } from '@e965/xlsx';
import { BlobReader, ZipReader } from '@zip.js/zip.js';
import { PortfolioFileError } from '../portfolio-file-error.ts';
import { HEAD_ROWS } from './find-columns.ts';
import { type Cell, cellOf, formulaError, LIMITS, type Row } from './row.ts';

/** Excel keeps 15 digits of a number. */
const EXACT_BELOW = 1e15;

export type ReadSheet = {
  rows: Row[];
  name: string;
  /** The names of the other sheets. */
  others: string[];
};

/**
 * The rows of a sheet, blank ones left out. Of a formula, the result that Excel stored is read; nothing is computed.
 * @param sheet Default: the first one that is visible.
 * @throws PortfolioFileError
 */
export async function readXlsx(
  bytes: Uint8Array<ArrayBuffer>,
  sheet?: string,
  unpackedBytes: number = LIMITS.unpackedBytes,
): Promise<ReadSheet> {
  await refuseBomb(bytes, unpackedBytes);
  const options = {
    type: 'array',
    dense: true,
    cellHTML: false,
    cellFormula: true,
    cellNF: true,
    cellDates: false,
    // A formula without a stored result is a stub.
    sheetStubs: true,
  } as const;
  // With `bookSheets`, the library does not say which sheets are hidden.
  const { SheetNames: names, Workbook: book } = guarded(() => read(bytes, { ...options, sheets: [] }));
  const name = sheet ?? names.find((_, at) => !book?.Sheets?.[at]?.Hidden) ?? names[0];
  if (name === undefined || !names.includes(name)) {
    throw new PortfolioFileError(
      name === undefined
        ? 'the workbook has no sheet: save it again in Excel'
        : `the workbook has no sheet ${name}: choose one of ${names.join(', ')} with --sheet`,
    );
  }
  const workbook = guarded(() => read(bytes, { ...options, sheets: name }));
  const rows = toRows(workbook.Sheets[name], workbook.Workbook?.WBProps?.date1904 === true);
  return { rows, name, others: names.filter((other) => other !== name) };
}

type Sheet = WorkSheet & { '!data'?: (CellObject | undefined)[][] };

function toRows(sheet: Sheet | undefined, date1904: boolean): Row[] {
  const rows: Row[] = [];
  // Rows and cells without content are holes in these lists, however large the sheet says it is.
  sheet?.['!data']?.forEach((stored, at) => {
    const cells: Cell[] = [];
    stored?.forEach((cell, column) => {
      if (column < LIMITS.columns * 2 && cell) cells[column] = toCell(cell, date1904);
    });
    const filled = Array.from(cells, (cell) => cell ?? cellOf(''));
    if (filled.some(({ text, problem }) => text !== '' || problem !== null)) rows.push({ line: at + 1, cells: filled });
  });
  // The header is as wide as the rows: a column without a header has a name, too.
  const width = rows.reduce((widest, { cells }) => Math.max(widest, cells.length), 0);
  const padded = ({ line, cells }: Row): Row => ({
    line,
    cells: [...cells, ...Array.from({ length: width - cells.length }, () => cellOf(''))],
  });
  return [...rows.slice(0, HEAD_ROWS).map(padded), ...rows.slice(HEAD_ROWS)];
}

/** Excel shows a date with this format as the system of its reader does. The file names the American way. */
const DATE_OF_THE_READER = /^m\/d\/yy( h:mm)?$/i;

/** The format of numbers that have leading zeros, such as 00000. */
const LEADING_ZEROS = /^00+$/;

/**
 * Numbers as digits, so that a format such as 1,000 changes nothing, but with the leading zeros of 00000; dates as Excel shows them, or
 * as 2026-11-24.
 */
function toCell({ t, v, w, f, z }: CellObject, date1904: boolean): Cell {
  if (t === 'e') return { text: w ?? '', problem: formulaError(w ?? ''), digitsLost: null };
  if (t === 'n' && typeof v === 'number') {
    if (typeof z === 'string' && SSF.is_date(z)) {
      const [isOfReader, time] = DATE_OF_THE_READER.exec(z) ?? [];
      const text = isOfReader
        ? SSF.format(time ? 'yyyy-mm-dd hh:mm' : 'yyyy-mm-dd', v, { date1904 })
        : (w ?? String(v));
      return cellOf(text);
    }
    const isExact = !Number.isInteger(v) || Math.abs(v) < EXACT_BELOW;
    const digitsLost = `Excel has lost digits of the number ${w ?? v}: format the column as text and enter it again`;
    const hasZeros = typeof z === 'string' && LEADING_ZEROS.test(z) && Number.isInteger(v);
    const text = hasZeros ? (w ?? String(v)) : String(v);
    return { text, problem: null, digitsLost: isExact ? null : digitsLost };
  }
  if (t === 'z' && f !== undefined)
    return {
      text: '',
      problem: 'a formula has no stored result: open the file in Excel and save it',
      digitsLost: null,
    };
  return cellOf(v === undefined || v === null ? '' : String(v));
}

/** Unpacks all parts and counts: what the directory declares may be wrong. @throws PortfolioFileError */
async function refuseBomb(bytes: Uint8Array<ArrayBuffer>, most: number): Promise<void> {
  let unpacked = 0;
  const tooLarge = new PortfolioFileError(
    `the workbook has more than ${most / 1_048_576} MiB when it is unpacked: split it, or save the sheet as CSV`,
  );
  const count = () =>
    new WritableStream<Uint8Array>({
      write(chunk) {
        unpacked += chunk.length;
        if (unpacked > most) throw tooLarge;
      },
    });
  try {
    const zip = new ZipReader(new BlobReader(new Blob([bytes])), { useWebWorkers: false });
    for (const entry of await zip.getEntries()) if (!entry.directory) await entry.getData(count());
  } catch (error) {
    if (unpacked > most) throw tooLarge;
    throw damaged(error);
  }
}

function guarded<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw damaged(error);
  }
}

const damaged = (cause: unknown) =>
  new PortfolioFileError('the file is not a whole Excel workbook (.xlsx): save it again in Excel, or as CSV', {
    cause,
  });
