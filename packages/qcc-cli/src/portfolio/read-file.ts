import { readFile, stat } from 'node:fs/promises';
import { type Portfolio, readPortfolio, tooLarge } from 'qcc-portfolio/file/read-portfolio';
import { LIMITS } from 'qcc-portfolio/file/row';
import { PortfolioFileError } from 'qcc-portfolio/portfolio-file-error';
import { CommandFailure } from '../terminal.ts';

/** The customers of a file. @throws CommandFailure that names the file, and says that nothing was loaded. */
export async function readPortfolioFile(path: string, sheet: string | undefined): Promise<Portfolio> {
  try {
    const { size } = await stat(path);
    if (size > LIMITS.fileBytes) throw new PortfolioFileError(tooLarge(size));
    return await readPortfolio(new Uint8Array(await readFile(path)), sheet);
  } catch (error) {
    const problem = error instanceof PortfolioFileError ? error.message : 'the file cannot be read';
    throw new CommandFailure(`${path}: ${problem}; nothing was loaded`, { cause: error });
  }
}
