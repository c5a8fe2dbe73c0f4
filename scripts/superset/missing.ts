/** Something is missing on this machine that the command cannot install; the message says what and how to get it. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
}
