import { buffer } from 'node:stream/consumers';
import type { Erasure } from 'qcc-core/contract/domain';
import { z } from 'zod';
import { EvidenceError, type EvidenceStore, keyPart } from './store.ts';

const keptErasure: z.ZodType<Erasure> = z.object({
  account: z.string(),
  id: z.string(),
  companyHash: z.string().nullable(),
  nameHash: z.string().nullable(),
  nameLength: z.number().nullable(),
  keyId: z.string(),
  at: z.number(),
  reason: z.string(),
  decidedBy: z.string(),
});

/** The erasures, stored with the originals, so that a rebuild of the tables from originals alone knows what must not come back. */
export type ErasureRepository = {
  /** Resolves once the erasure is durable. It replaces an earlier one of the same subject. */
  keep(erasure: Erasure): Promise<void>;
  /** @throws EvidenceError `altered` */
  all(account: string): Promise<Erasure[]>;
};

export function createErasureRepository(store: EvidenceStore): ErasureRepository {
  return {
    keep: (erasure) =>
      store.put(
        `erasures/${keyPart(erasure.account)}/${erasure.id}.json`,
        Buffer.from(`${JSON.stringify(erasure, undefined, 2)}\n`),
      ),
    async all(account) {
      const erasures: Erasure[] = [];
      for await (const { key } of store.list(`erasures/${keyPart(account)}/`)) {
        const content = await store.get(key);
        if (!content) continue;
        try {
          erasures.push(keptErasure.parse(JSON.parse((await buffer(content)).toString())));
        } catch (cause) {
          throw new EvidenceError('altered', `${key} in the evidence store is not what was written`, { cause });
        }
      }
      return erasures;
    },
  };
}
