import { PortfolioFileError } from '../portfolio-file-error.ts';
import { decodeText } from './decode-text.ts';
import { findColumns } from './find-columns.ts';
import { readCsv } from './read-csv.ts';
import { readXlsx } from './read-xlsx.ts';
import { LIMITS } from './row.ts';
import { type Members, toMembers } from './to-members.ts';

export type Portfolio = Members & {
  /** How the file was read: `CSV in GB18030`. */
  format: string;
};

/** What a file of the older format, or an encrypted workbook, begins with. */
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0];
const ZIP = [0x50, 0x4b];

/**
 * Reads a list of customers from a CSV (UTF-8, UTF-16 or GB18030) or an Excel workbook (.xlsx). Content decides, not the file's name.
 * Does no I/O.
 * @param sheet Of a workbook. Default: the first one.
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
    return { ...toMembers(findColumns(await readXlsx(bytes, sheet))), format: 'Excel workbook' };
  }
  if (sheet !== undefined) throw new PortfolioFileError('--sheet is for Excel workbooks, and the file is not one');
  const { text, encoding } = decodeText(bytes);
  return { ...toMembers(findColumns(readCsv(text))), format: `CSV in ${encoding}` };
}

/** For a file that is too large to be read at all. */
export const tooLarge = (bytes: number): string =>
  `the file has ${Math.ceil(bytes / 1_048_576)} MiB, and at most ${LIMITS.fileBytes / 1_048_576} MiB are read: remove columns that nobody needs, or split it`;

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, at) => bytes[at] === byte);
