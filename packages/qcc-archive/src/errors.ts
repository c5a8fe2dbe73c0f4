import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';

/**
 * Why an archive is refused as a whole. Each is the archive's or its password's own fault: reading it again changes nothing.
 * One that is too large to download never gets here.
 */
export type ArchiveErrorCode = Exclude<Extract<DeadLetterReason, `ARCHIVE_${string}`>, 'ARCHIVE_TOO_LARGE'>;

/** An archive that is refused as a whole: nothing of it may be published. Never holds the password or any content. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  constructor(code: ArchiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The environment is at fault (QCC, its file host, a key, the account): the order waits, uncommitted, and comes again. */
export class WaitError extends Error {
  override readonly name = 'WaitError';
}
