import { type Sealer, SealingError } from 'qcc-core/base/sealing';
import { type ArchiveRepository, passwordContext } from 'qcc-evidence/archive-repository';
import { EvidenceError } from 'qcc-evidence/store';
import { WaitError } from '../errors.ts';
import type { SpoolKept } from './steps.ts';

/** @throws WaitError where the store, or the key of its password, cannot be had now. */
export function createSpoolKept(deps: { repository: ArchiveRepository; sealer: Pick<Sealer, 'open'> }): SpoolKept {
  return async (order, toFile) => {
    try {
      const kept = await deps.repository.findOrder(order.account, order.orderNo);
      const newest = kept?.extractions.at(-1)?.archiveSha256;
      const read = kept?.archives.find(({ sha256 }) => sha256 === newest);
      const archive = read ?? kept?.refusals.findLast(({ deletedFor }) => deletedFor === undefined);
      if (!archive) return null;
      const copied = await deps.repository.copyArchive(archive, toFile);
      const password = await deps.sealer.open(archive.sealedUnzipPassword, passwordContext(order));
      return {
        // What was read keeps its name when something is erased from it; what was refused is kept under the one it has.
        ...(read ? { sha256: read.sha256, bytes: read.bytes } : copied),
        password,
        unconfirmed: read?.unconfirmed ?? false,
      };
    } catch (error) {
      const mustWait =
        (error instanceof EvidenceError && error.kind === 'unavailable') ||
        (error instanceof SealingError && error.kind === 'unknown-key');
      if (mustWait)
        throw new WaitError(`the kept archive of order ${order.orderNo} cannot be had now`, { cause: error });
      if (error instanceof EvidenceError || error instanceof SealingError) return null;
      throw error;
    }
  };
}
