/** The file cannot be read as a portfolio. The message says where and what to do. */
export class PortfolioFileError extends Error {
  override readonly name = 'PortfolioFileError';
}
