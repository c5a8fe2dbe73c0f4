import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type InsertDeps, insertRows, type WriteRows } from '../insert/insert-rows.ts';
import { renderSharing } from '../migrate/derivation.ts';

/** 失信被执行人: the details of such a change are cases. */
export const DEBTOR_TYPE = '11';

/** A company that has reported cases. */
export type CaseReporter = { account: string; corpKeyNo: string };

/** The company of a record, if the record may report cases. */
export const reporterOf = ({ type, account, corpKeyNo }: CaseReporter & { type: string }): CaseReporter | undefined =>
  type === DEBTOR_TYPE ? { account, corpKeyNo } : undefined;

/**
 * Copies the newest report of each case of these companies to the other companies that report it, in `debtor_case_states`. Call it
 * after each insert of records of type `DEBTOR_TYPE`. The writer that shares last sees all records, so concurrent writers leave the right
 * values. Repeating it changes nothing. Keys of companies are in no stored statement and no URL.
 * @throws ClickHouseUnavailableError
 */
export async function shareDebtorCases(deps: InsertDeps, reporters: readonly CaseReporter[]): Promise<void> {
  const rows = reporters.map(({ account, corpKeyNo }) => ({ account, corp_key_no: corpKeyNo }));
  await insertRows(deps, { table: 'debtor_case_states', write: writeShared, rows, maxRefused: 0 });
}

const SELECT = renderSharing(
  "(account, corp_key_no) IN (SELECT account, corp_key_no FROM input('account String, corp_key_no String'))",
);

const writeShared: WriteRows<object> = async ({ client, database, settings }, table, groups) => {
  const rows = (await Array.fromAsync(groups)).flat();
  const { stream } = await client.exec({
    query: `INSERT INTO \`${database}\`.${table} ${SELECT.replaceAll('{{database}}', `\`${database}\``)} FORMAT JSONEachRow`,
    values: Readable.from([rows.map((row) => `${JSON.stringify(row)}\n`).join('')]),
    clickhouse_settings: settings,
  });
  await finished(stream.resume());
};
