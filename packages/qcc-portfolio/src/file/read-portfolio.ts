import { PortfolioFileError } from '../portfolio-file-error.ts';
import { decodeText } from './decode-text.ts';
import { type Columns, findColumns } from './find-columns.ts';
import { readCsv } from './read-csv.ts';
import { type ReadSheet, readXlsx } from './read-xlsx.ts';
import { LIMITS } from './row.ts';
import { type Members, toMembers } from './to-members.ts';

export type Portfolio = Members & {
  /** How the file was read: `CSV in GB18030`, `Excel workbook, sheet 客户` if it has several sheets. */
  format: string;
};

/** What a file of the older format, or an encrypted workbook, begins with. */
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0];
const ZIP = [0x50, 0x4b];
/** Web systems write a table in HTML or XML and name it .xls or .csv. */
const MARKUP = /^\s*<[a-z!?]/i;

/**
 * Reads a list of customers from a CSV (UTF-8, UTF-16 or GB18030) or an Excel workbook (.xlsx). Content decides, not the file's name.
 * Does no I/O.
 * @param sheet Of a workbook. Default: the first one that is visible.
 * @throws PortfolioFileError if the file as a whole cannot be read. Rows that cannot be used are `problems`.
 */
export async function readPortfolio(bytes: Uint8Array<ArrayBuffer>, sheet?: string): Promise<Portfolio> {
  if (bytes.length > LIMITS.fileBytes) throw new PortfolioFileError(tooLarge(bytes.length));
  if (startsWith(bytes, COMPOUND_FILE)) {
    throw new PortfolioFileError(
      'the file is an Excel workbook that is encrypted or in the older format (.xls): save it as .xlsx without a password',
    );
  }
  if (startsWith(bytes, ZIP)) {
    const read = await readXlsx(bytes, sheet);
    const format = read.others.length === 0 ? 'Excel workbook' : `Excel workbook, sheet ${read.name}`;
    return { ...toMembers(columnsOf(read)), format };
  }
  const { text, encoding } = decodeText(bytes);
  if (MARKUP.test(text)) {
    throw new PortfolioFileError(
      'the file is a web page or XML, not a workbook or a CSV: open it in Excel and save it as .xlsx',
    );
  }
  if (sheet !== undefined) throw new PortfolioFileError('--sheet is for Excel workbooks, and the file is not one');
  return { ...toMembers(findColumns(readCsv(text))), format: `CSV in ${encoding}` };
}

/** @throws PortfolioFileError that names the sheet and the others, if the workbook has several. */
function columnsOf({ rows, name, others }: ReadSheet): Columns {
  try {
    return findColumns(rows);
  } catch (error) {
    if (!(error instanceof PortfolioFileError) || others.length === 0) throw error;
    const remedy = `Or choose another sheet with --sheet: ${others.join(', ')}`;
    throw new PortfolioFileError(`sheet ${name}: ${error.message}. ${remedy}`, { cause: error });
  }
}

/** For a file that is too large to be read at all. */
export const tooLarge = (bytes: number): string =>
  `the file has ${Math.ceil(bytes / 1_048_576)} MiB, and at most ${LIMITS.fileBytes / 1_048_576} MiB are read: remove columns that nobody needs, or split it`;

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, at) => bytes[at] === byte);
