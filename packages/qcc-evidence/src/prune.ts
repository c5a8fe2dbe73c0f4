import { hashOf, isExtraction, readKeptAt } from './archive-repository.ts';
import { sentAtOf } from './response-repository.ts';
import { type EvidenceObject, type EvidenceStore, keyPart } from './store.ts';

export type Pruned = { objects: number; bytes: number };

/**
 * Deletes an account's evidence that was kept before an instant (ms). It deletes an order completely, once its newest part is older,
 * so that everything that a later replay needs stays together. It deletes each response separately. An object that an erasure wrote
 * again is as old as the one that it replaced: its note, or a response's key, says when that was kept.
 * @throws EvidenceError `unavailable`, and the signal's reason. Objects that were deleted before stay deleted.
 */
export async function pruneEvidence(
  store: EvidenceStore,
  { account, before, dryRun, signal }: { account: string; before: number; dryRun: boolean; signal?: AbortSignal },
): Promise<Pruned> {
  const pruned = { objects: 0, bytes: 0 };
  const remove = async (objects: readonly EvidenceObject[]): Promise<void> => {
    for (const { key, bytes } of objects) {
      if (!dryRun) await store.delete(key);
      pruned.objects += 1;
      pruned.bytes += bytes;
    }
  };
  const removeOrder = async (order: readonly EvidenceObject[]): Promise<void> => {
    signal?.throwIfAborted();
    if (await isOrderOlder(store, order, before)) await remove(order);
  };

  let order: EvidenceObject[] = [];
  for await (const object of store.list(`archives/${keyPart(account)}/`)) {
    if (order[0] && folderOf(order[0]) !== folderOf(object)) {
      await removeOrder(order);
      order = [];
    }
    order.push(object);
  }
  await removeOrder(order);
  for await (const object of store.list(`answers/${keyPart(account)}/`)) {
    signal?.throwIfAborted();
    if (Math.min(object.putAt, sentAtOf(object.key) ?? object.putAt) < before) await remove([object]);
  }
  return pruned;
}

const folderOf = ({ key }: EvidenceObject): string => key.slice(0, key.lastIndexOf('/'));

/** Objects that are never written again are checked first, so that few notes have to be read. */
async function isOrderOlder(store: EvidenceStore, order: readonly EvidenceObject[], before: number): Promise<boolean> {
  const young = order.filter(({ putAt }) => putAt >= before);
  if (young.some(({ key }) => isExtraction(key))) return false;
  for (const { key } of young) {
    const notes = order.filter((each) => each.key.endsWith('.json') && hashOf(each.key) === hashOf(key));
    const times = await Promise.all(notes.map((note) => readKeptAt(store, note.key)));
    if (times.length === 0 || times.some((keptAt) => keptAt === null || keptAt >= before)) return false;
  }
  return true;
}
