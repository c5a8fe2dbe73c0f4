import { createSealer } from 'qcc-core/base/sealing';
import type { Settings } from 'qcc-core/base/settings';
import type { Erasure } from 'qcc-core/contract/domain';
import { createArchiveRepository } from 'qcc-evidence/archive-repository';
import { createEraser, type Eraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import type { ErasureRepository } from 'qcc-evidence/erasure-repository';
import { createResponseRepository } from 'qcc-evidence/response-repository';
import type { EvidenceStore } from 'qcc-evidence/store';
import { openSpool } from '../remove-at-end.ts';
import type { OriginalsDeps } from './erase-originals.ts';

/** What reading and rewriting kept originals takes; the caller disposes it. */
export async function connectOriginals(
  store: EvidenceStore,
  settings: Settings<'SEALING_KEY' | 'ENTRY_MAX_BYTES'>,
): Promise<OriginalsDeps & Disposable> {
  const spool = await openSpool('erase');
  return {
    archives: createArchiveRepository(store),
    responses: createResponseRepository(store),
    sealer: createSealer(settings.SEALING_KEY),
    spoolDir: spool.path,
    limits: { entryMaxBytes: settings.ENTRY_MAX_BYTES },
    [Symbol.dispose]: spool[Symbol.dispose],
  };
}

/** What was erased, by what stands beside the originals. @throws ErasureKeyError, EvidenceError */
export async function readKeptErasures(
  repository: Pick<ErasureRepository, 'all'>,
  { account, key }: { account: string; key: string | undefined },
): Promise<{ erasures: Erasure[]; eraser: Eraser }> {
  const erasures = await repository.all(account);
  return { erasures, eraser: createEraser(key === undefined ? null : createErasureKey(key), erasures) };
}
