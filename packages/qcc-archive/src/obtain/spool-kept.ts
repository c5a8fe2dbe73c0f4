import { type Sealer, SealingError } from 'qcc-core/base/sealing';
import { type ArchiveRepository, passwordContext } from 'qcc-evidence/archive-repository';
import { EvidenceError } from 'qcc-evidence/store';
import { WaitError } from '../errors.ts';
import type { SpoolKept } from './steps.ts';

/** @throws WaitError if the store, or the key of the sealed password, is not available now. */
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
        // An archive that was read keeps its delivered hash after an erasure. A refused one has the hash of the copied file.
        ...(read ? { sha256: read.sha256, bytes: read.bytes } : copied),
        password,
        unconfirmed: read?.unconfirmed ?? false,
      };
    } catch (error) {
      const mustWait =
        (error instanceof EvidenceError && error.kind === 'unavailable') ||
        (error instanceof SealingError && error.kind === 'unknown-key');
      if (mustWait)
        throw new WaitError(`the kept archive of order ${order.orderNo} is not available now`, { cause: error });
      if (error instanceof EvidenceError || error instanceof SealingError) return null;
      throw error;
    }
  };
}
