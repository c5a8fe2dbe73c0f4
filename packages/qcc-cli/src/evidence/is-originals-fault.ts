import { ArchiveError } from 'qcc-archive/errors';
import { SealingError } from 'qcc-core/base/sealing';
import { EvidenceError } from 'qcc-evidence/store';

/** Whether this one original is spoilt, so that the others can be read; a store or a key that cannot be had is no such fault. */
export const isOriginalsFault = (error: unknown): error is Error =>
  error instanceof ArchiveError ||
  (error instanceof EvidenceError && error.kind === 'altered') ||
  (error instanceof SealingError && error.kind !== 'unknown-key');
