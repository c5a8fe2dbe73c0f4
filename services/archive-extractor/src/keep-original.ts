import type { InspectedArchive, KeepRefused } from 'qcc-archive/obtain/steps';
import type { Sealer } from 'qcc-core/base/sealing';
import type { Order } from 'qcc-core/contract/domain';
import type { ArchiveRepository } from 'qcc-evidence/archive-repository';
import { passwordContext } from 'qcc-evidence/archive-repository';
import type { RevisionPlan } from './plan-revision.ts';

/** Resolves once the archive, and which revision is made from it, are durable. A second time it changes nothing. */
export type KeepOriginal = (
  input: { order: Order; archive: InspectedArchive; plan: RevisionPlan },
  signal: AbortSignal,
) => Promise<void>;

/** Resolves once the kept archives with this plaintext are durably marked as confirmed. */
export type ConfirmOriginals = (
  original: { account: string; orderNo: string; plaintextSha256: string | null },
  signal: AbortSignal,
) => Promise<void>;

type KeepDeps = {
  repository: ArchiveRepository;
  sealer: Pick<Sealer, 'seal'>;
  /** Repeats the action while the store is unavailable. */
  patiently: (
    kept: { what: string; orderNo: string },
    signal: AbortSignal,
    action: () => Promise<void>,
  ) => Promise<void>;
  now: () => number;
};

/** Keeps refused archives: a later version of the parser may read them, and a dispute with QCC needs them. */
export function createKeepRefused({ repository, sealer, patiently, now }: KeepDeps): KeepRefused {
  return async ({ order, file, delivered: { sha256, bytes, password }, reason }, signal) => {
    const { account, orderNo } = order;
    const sealedUnzipPassword = await sealer.seal(password, passwordContext(order));
    const refusal = { account, orderNo, sha256, bytes, sealedUnzipPassword, keptAt: now(), reason };
    await patiently({ what: `the archive of order ${orderNo}`, orderNo }, signal, () =>
      repository.keepRefusal(refusal, file.path),
    );
  };
}

export function createKeepOriginal(deps: KeepDeps): KeepOriginal {
  const { repository, sealer, now } = deps;
  return async ({ order, archive, plan }, signal) => {
    const { account, orderNo } = order;
    const { inspection, sha256, bytes, unconfirmed } = archive;
    const { entryName, otherEntries, plaintextSha256, pushDate, declared, elements, rejected } = inspection;
    const found = { entryName, otherEntries, plaintextSha256, pushDate, declared, elements, rejected };
    const sealedUnzipPassword = await sealer.seal(archive.source.password, passwordContext(order));
    const startedAt = now();
    await deps.patiently({ what: `the archive of order ${orderNo}`, orderNo }, signal, async () => {
      await repository.keepArchive(
        { account, orderNo, sha256, bytes, sealedUnzipPassword, ...found, unconfirmed, keptAt: startedAt },
        archive.source.file,
      );
      await repository.keepExtraction({
        account,
        orderNo,
        ...plan,
        archiveSha256: sha256,
        source: order.source,
        receivedAt: order.receivedAt,
        startedAt,
      });
    });
  };
}

export const createConfirmOriginals =
  ({ repository, patiently }: Pick<KeepDeps, 'repository' | 'patiently'>): ConfirmOriginals =>
  async ({ account, orderNo, plaintextSha256 }, signal) =>
    await patiently({ what: `the note of order ${orderNo}`, orderNo }, signal, async () => {
      const kept = await repository.findOrder(account, orderNo);
      for (const archive of kept?.archives ?? [])
        if (archive.plaintextSha256 === plaintextSha256) await repository.confirmArchive(archive);
    });
