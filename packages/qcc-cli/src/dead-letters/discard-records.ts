import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import type { ArchiveRepository, KeptDiscard } from 'qcc-evidence/archive-repository';
import type { ClickHouseSide } from '../connect-clickhouse.ts';
import { readLedgerSets } from '../ledger-sets.ts';
import { describePositions } from '../render-table.ts';
import { CommandFailure } from '../terminal.ts';

/**
 * Records a person's decision that rejected records will not be stored. The ledger then counts them as accounted for. The decision
 * applies to the order's newest revision only: a later revision needs a new decision.
 * The decision is stored with the originals before it is written to the ledger, so a rebuild finds it.
 * @returns the revision, and whether the store has originals of the order to store the decision with.
 * @throws CommandFailure if the order is unknown, or if a position was not rejected or is stored; EvidenceError. Nothing is
 *   written then.
 */
export async function discardRecords(
  { clickhouse, archives }: { clickhouse: ClickHouseSide; archives: Pick<ArchiveRepository, 'keepDiscard'> },
  discard: Omit<KeptDiscard, 'revision'>,
): Promise<{ revision: number; isKept: boolean }> {
  const { account, orderNo, positions } = discard;
  const sets = (await readLedgerSets(clickhouse, { account, orderNo })).at(-1);
  if (!sets) throw new CommandFailure(`the ledger has no order ${orderNo} of account ${account}`);
  const rejected = new Set(sets.rejected);
  const stored = new Set(sets.stored);
  const wrong = positions.filter((position) => !rejected.has(position) || stored.has(position));
  if (wrong.length > 0) {
    const open = sets.rejected.filter((position) => !stored.has(position));
    throw new CommandFailure(
      `of order ${orderNo} (revision ${sets.revision}) only what was rejected and is not stored can be discarded (${describePositions(open) || 'nothing'}), not ${describePositions(wrong)}; nothing was discarded`,
    );
  }
  const { revision } = sets;
  const decided = { ...discard, revision };
  const isKept = await archives.keepDiscard(decided);
  await insertRows(clickhouse, { table: 'order_discards', rows: toDiscardRows(decided), maxRefused: 0 });
  return { revision, isKept };
}

/** Rows of `order_discards`: one for each position. */
export const toDiscardRows = ({ account, orderNo, revision, positions, who, why, at }: KeptDiscard) =>
  positions.map((position) => ({
    account,
    order_no: orderNo,
    revision,
    position,
    reason: why,
    discarded_by: who,
    discarded_at: at,
  }));
