import { keyPart } from './keys.ts';
import type { EvidenceObject, EvidenceStore } from './store.ts';

export type Pruned = { objects: number; bytes: number };

/**
 * Deletes an account's evidence that was put before an instant (ms): an order with all that belongs to it, once its newest
 * part is older, and each answer by itself. What a later replay still needs therefore stays with it.
 * @throws EvidenceError `unavailable`, and the signal's reason; what was deleted stays so.
 */
export async function pruneEvidence(
  store: EvidenceStore,
  { account, before, dryRun, signal }: { account: string; before: number; dryRun: boolean; signal?: AbortSignal },
): Promise<Pruned> {
  const pruned = { objects: 0, bytes: 0 };
  const remove = async (objects: readonly EvidenceObject[]): Promise<void> => {
    signal?.throwIfAborted();
    if (objects.some(({ putAt }) => putAt >= before)) return;
    for (const { key, bytes } of objects) {
      if (!dryRun) await store.delete(key);
      pruned.objects += 1;
      pruned.bytes += bytes;
    }
  };

  let order: EvidenceObject[] = [];
  for await (const object of store.list(`archives/${keyPart(account)}/`)) {
    if (order[0] && folderOf(order[0]) !== folderOf(object)) {
      await remove(order);
      order = [];
    }
    order.push(object);
  }
  await remove(order);
  for await (const object of store.list(`answers/${keyPart(account)}/`)) await remove([object]);
  return pruned;
}

const folderOf = ({ key }: EvidenceObject): string => key.slice(0, key.lastIndexOf('/'));
