import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import type { ArchiveRepository, KeptDiscard } from 'qcc-evidence/archive-repository';
import type { ClickHouseSide } from '../connect-clickhouse.ts';
import { readLedgerSets } from '../ledger-sets.ts';
import { describePositions } from '../render-table.ts';
import { CommandFailure } from '../terminal.ts';

/**
 * A person's decision that records which were rejected will not be stored: the ledger counts them as accounted for. It
 * holds for the order's newest revision; a replay asks anew.
 * It is kept beside the originals before the ledger has it: what is made anew from these knows of it.
 * @returns that revision, and whether originals of the order are there to keep it with.
 * @throws CommandFailure where the order is unknown, or a position was not rejected or is stored, and EvidenceError:
 *   nothing is written then.
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
