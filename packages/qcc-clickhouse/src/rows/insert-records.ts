import { type InsertDeps, insertRows, type RefusedRow } from '../insert/insert-rows.ts';
import { fillingNewCustomers } from './fill-new-customers.ts';
import { reporterOf, shareDebtorCases } from './share-debtor-cases.ts';
import { readOccurrence } from './stored-occurrence.ts';
import { type RecordRow, writeRecords } from './write-records.ts';

/**
 * Stores records: first in `record_history`, whose views fill the current rows and the ledger, then through `record_derivations` in the
 * tables for analysts. Resolves once all of it is durable. Repeating it changes nothing.
 * @returns the rows that ClickHouse refuses; nothing is derived from them
 * @throws ClickHouseUnavailableError when the environment is at fault; some may be stored by then
 */
export async function insertRecords<Row extends RecordRow>(
  deps: InsertDeps,
  rows: readonly Row[],
): Promise<RefusedRow<Row>[]> {
  const refused = await insertRows(deps, { table: 'record_history', write: writeRecords, rows });
  const refusedRows = new Set(refused.map(({ row }) => row));
  const stored = rows.filter((row) => !refusedRows.has(row));
  await fillingNewCustomers(deps, () =>
    insertRows(deps, { table: 'record_derivations', write: writeRecords, rows: stored, maxRefused: 0 }),
  );
  const reporters = stored.flatMap(({ body }) => {
    const { type, corpKeyNo, occurrence } = readOccurrence(body);
    return reporterOf({ type, corpKeyNo, account: occurrence.account }) ?? [];
  });
  await shareDebtorCases(deps, reporters);
  return refused;
}
