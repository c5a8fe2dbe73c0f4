import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type InsertDeps, insertRows, insertSettings, type WriteRows } from '../insert/insert-rows.ts';
import { renderSharing } from '../migrate/derivation.ts';

/** A company that has reported cases. */
export type CaseReporter = { account: string; corpKeyNo: string };

/**
 * Copies the newest report of each case of these companies to the other companies that report it, in `debtor_case_states`. Call it once the
 * records of the companies are stored. Of several writers the last one sees the records of all of them, so the copies end
 * right whatever their order. Repeating it changes nothing. Keys of companies are in no stored statement and no URL.
 * @throws ClickHouseUnavailableError
 */
export async function shareDebtorCases(deps: InsertDeps, reporters: readonly CaseReporter[]): Promise<void> {
  const rows = reporters.map(({ account, corpKeyNo }) => ({ account, corp_key_no: corpKeyNo }));
  await insertRows(deps, { table: 'debtor_case_states', write: writeShared, rows, maxRefused: 0 });
}

const SELECT = renderSharing(
  "(account, corp_key_no) IN (SELECT account, corp_key_no FROM input('account String, corp_key_no String'))",
);

const writeShared: WriteRows<object> = async ({ client, database }, table, groups) => {
  const rows = (await Array.fromAsync(groups)).flat();
  const { stream } = await client.exec({
    query: `INSERT INTO \`${database}\`.${table} ${SELECT.replaceAll('{{database}}', `\`${database}\``)} FORMAT JSONEachRow`,
    values: Readable.from([rows.map((row) => `${JSON.stringify(row)}\n`).join('')]),
    clickhouse_settings: insertSettings(),
  });
  await finished(stream.resume());
};
