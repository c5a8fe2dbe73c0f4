/** The surroundings are at fault (QCC, its file host, a key, the account): the order waits, uncommitted, and comes again. */
export class WaitError extends Error {
  override readonly name = 'WaitError';
}
