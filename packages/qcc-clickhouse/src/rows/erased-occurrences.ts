import type { Occurrence } from 'qcc-core/contract/domain';
import { type InsertDeps, insertRows } from '../insert/insert-rows.ts';
import { followingUp } from './follow-up-derivations.ts';

/** An occurrence of which only its place is kept. */
export type ErasedOccurrence = { occurrence: Occurrence; erasureId: string };

/**
 * Stores which occurrences were erased as a whole. The ledger counts them as stored and settled. A record of an earlier revision at the
 * same place no longer counts.
 * @throws ClickHouseUnavailableError
 */
export async function storeErased(deps: InsertDeps, erased: readonly ErasedOccurrence[]): Promise<void> {
  const rows = erased.map(({ occurrence: { account, orderNo, revision, position }, erasureId }) => ({
    account,
    order_no: orderNo,
    revision,
    position,
    erasure_id: erasureId,
    extent: 'RECORD',
  }));
  if (rows.length === 0) return;
  // None of these columns can be at fault for its value: a refusal says that the table is wrong.
  await followingUp(deps, () => insertRows(deps, { table: 'erased_occurrences', rows, maxRefused: 0 }));
}
