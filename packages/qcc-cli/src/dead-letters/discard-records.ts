import type { ClickHouseSide } from '../connect-clickhouse.ts';
import { describePositions } from '../describe-positions.ts';
import { readLedgerSets } from '../ledger-sets.ts';
import { CommandFailure } from '../terminal.ts';

export type Discard = {
  account: string;
  orderNo: string;
  positions: readonly number[];
  who: string;
  why: string;
  /** Milliseconds since the epoch. */
  at: number;
};

/**
 * A person's decision that records which were rejected will not be stored: the ledger counts them as accounted for. It
 * holds for the order's newest revision; a replay asks anew.
 * @returns that revision.
 * @throws CommandFailure where the order is unknown, or a position was not rejected or is stored: nothing is written then.
 */
export async function discardRecords(clickhouse: ClickHouseSide, discard: Discard): Promise<number> {
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
  await clickhouse.client.insert({
    table: `\`${clickhouse.database}\`.order_discards`,
    values: positions.map((position) => ({
      account,
      order_no: orderNo,
      revision: sets.revision,
      position,
      reason: discard.why,
      discarded_by: discard.who,
      discarded_at: discard.at,
    })),
    columns: ['account', 'order_no', 'revision', 'position', 'reason', 'discarded_by', 'discarded_at'],
    format: 'JSONEachRow',
    clickhouse_settings: { async_insert: 0, wait_end_of_query: 1 },
  });
  return sets.revision;
}
