import { type InsertDeps, insertRows, type RefusedRow } from '../insert/insert-rows.ts';
import { followingUp } from './follow-up-derivations.ts';
import { reporterOf, shareDebtorCases } from './share-debtor-cases.ts';
import { readOccurrence } from './stored-occurrence.ts';
import { type RecordRow, writeRecords } from './write-records.ts';

export type InsertedRecords<Row> = {
  /** Rows that ClickHouse refuses. */
  refused: RefusedRow<Row>[];
  /** Rows that `record_history` has, and of which a view of `record_derivations` cannot read something. */
  underived: RefusedRow<Row>[];
};

/**
 * Stores records: first in `record_history`, whose views fill the current rows and the ledger, then through `record_derivations` in the
 * tables for analysts. Resolves once all of it is durable. Repeating it changes nothing.
 * @throws ClickHouseUnavailableError when the environment is at fault; some may be stored by then
 */
export async function insertRecords<Row extends RecordRow>(
  deps: InsertDeps,
  rows: readonly Row[],
): Promise<InsertedRecords<Row>> {
  const refused = await insertRows(deps, { table: 'record_history', write: writeRecords, rows });
  const stored = without(rows, refused);
  const underived = await followingUp(deps, () =>
    insertRows(deps, { table: 'record_derivations', write: writeRecords, rows: stored }),
  );
  const reporters = without(stored, underived).flatMap(({ body }) => {
    const { type, corpKeyNo, occurrence } = readOccurrence(body);
    return reporterOf({ type, corpKeyNo, account: occurrence.account }) ?? [];
  });
  await shareDebtorCases(deps, reporters);
  return { refused, underived };
}

function without<Row>(rows: readonly Row[], refused: readonly RefusedRow<Row>[]): Row[] {
  const refusedRows = new Set(refused.map(({ row }) => row));
  return rows.filter((row) => !refusedRows.has(row));
}
