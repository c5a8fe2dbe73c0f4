import { DERIVED_TABLES, type DerivedTable, renderDerivation, renderSharing } from 'qcc-clickhouse/migrate/derivation';
import { LONG_STATEMENT } from 'qcc-clickhouse/migrate/migrate';
import { nameColumnsOf } from 'qcc-clickhouse/personal-columns';
import { redactRow } from 'qcc-clickhouse/rows/erase-row';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { ErasureSubject } from 'qcc-evidence/erasure/subject';
import {
  catchUp,
  deleteRows,
  insertAnew,
  mentions,
  needles,
  query,
  type RowsDeps,
  runUnlogged,
  streamRows,
} from './unlogged-statements.ts';

/** The companies that are being erased, or whose records lose a name. Empty unless an erasure runs or was cut off. */
export const ERASING = 'erasing_companies';

/** Those of which a person's name may be in a text. */
const WITH_TEXTS = DERIVED_TABLES.filter((table) => nameColumnsOf(table).length > 0);

export async function derivesCompany(deps: RowsDeps, { account, company }: ErasureSubject): Promise<boolean> {
  const selects = DERIVED_TABLES.map(
    (table) => `SELECT 1 FROM {{db}}.${table} WHERE account = {account: String} AND corp_key_no = {company: String}`,
  );
  const params = { account, company: company ?? '' };
  return (await query(deps, `SELECT 1 FROM (${selects.join(' UNION ALL ')}) LIMIT 1`, params)).length > 0;
}

/** The companies whose cases have values that this company reported. */
export async function findCasesOf(deps: RowsDeps, { account, company = '' }: ErasureSubject): Promise<string[]> {
  const rows = await query<{ corp_key_no: string }>(
    deps,
    `SELECT corp_key_no FROM {{db}}.debtor_case_states
     WHERE account = {account: String} AND reported_by = {company: String} GROUP BY corp_key_no`,
    { account, company },
  );
  return rows.map(({ corp_key_no }) => corp_key_no);
}

/**
 * The companies whose derived rows hold the name. Usually their records hold it, too. They do not if a merge has dropped the older of
 * two rows.
 */
export async function findDerivedNames(
  deps: RowsDeps,
  { account, company, person = '' }: ErasureSubject,
  eraser: Eraser,
): Promise<Set<string>> {
  const companies = new Set<string>();
  for (const table of WITH_TEXTS) {
    const columns = nameColumnsOf(table);
    // The eraser looks into the values of a map, and the facts of a company are its keys.
    const texts = columns.map((column) => (column === 'facts_last' ? 'mapKeys(facts_last) AS facts_last' : column));
    const rows = streamRows<{ account: string; corp_key_no: string }>(
      deps,
      `SELECT account, corp_key_no, ${texts.join(', ')} FROM {{db}}.${table}
       WHERE account = {account: String}
         ${company === undefined ? '' : `AND ${sourceOf(table)} = {company: String}`} AND ${mentions(columns)}`,
      { account, company: company ?? '', ...needles(person) },
    );
    for await (const row of rows) {
      if (!companies.has(row.corp_key_no) && redactRow(eraser, row, columns) !== row) companies.add(row.corp_key_no);
    }
  }
  return companies;
}

/** The company whose records a row is derived from. */
const sourceOf = (table: DerivedTable): string => (table === 'debtor_case_states' ? 'reported_by' : 'corp_key_no');

export type NotedCompanies = {
  erasureId: string;
  account: string;
  companies: Iterable<string>;
  /** Whether a company's records stay, so that its rows are derived from them again. */
  keepsRecords: (company: string) => boolean;
};

const INSERT_ROWS = 5_000;

/**
 * Writes the companies down, which `eraseDerived` reads. Call it before their records change: a run that is repeated would not find
 * them by their records any more.
 */
export async function noteCompanies(deps: RowsDeps, noted: NotedCompanies): Promise<void> {
  const rows = [...noted.companies].map((company) => ({
    erasure_id: noted.erasureId,
    account: noted.account,
    corp_key_no: company,
    keeps_records: noted.keepsRecords(company),
  }));
  for (let at = 0; at < rows.length; at += INSERT_ROWS) {
    await insertAnew(deps, ERASING, rows.slice(at, at + INSERT_ROWS));
  }
}

/**
 * Deletes the rows that were derived from the records of the noted companies, and derives them again from the records that stay. Call
 * it once the records are erased. It empties the note last, so a run that is repeated does all of it again.
 *
 * The sink may insert meanwhile. ClickHouse stores a record before the views derive rows from it, so each derived row that is deleted
 * has its record in `record_history` when the rows are derived again.
 */
export async function eraseDerived(deps: RowsDeps, erasureId: string): Promise<void> {
  const ofErasure = `erasure_id = '${erasureId}'`;
  const [noted] = await query<{ companies: number; kept: number }>(
    deps,
    `SELECT count() AS companies, countIf(keeps_records) AS kept FROM {{db}}.${ERASING} WHERE ${ofErasure}`,
    {},
  );
  const { companies = 0, kept = 0 } = noted ?? {};
  if (companies === 0) return;
  const ofCompanies = (condition = '') =>
    `(account, corp_key_no) IN (SELECT account, corp_key_no FROM {{db}}.${ERASING} WHERE ${ofErasure}${condition})`;
  // Each replica looks at its own rows of this table.
  await catchUp(deps, [ERASING], 'everywhere');
  // Its view copies the rows that are derived again.
  await deleteRows(deps, 'portfolio_case_states', ofCompanies());
  for (const table of DERIVED_TABLES) {
    if (isWithTexts(table)) await deleteRows(deps, table, ofCompanies());
    else if (companies > kept) await deleteRows(deps, table, ofCompanies(' AND NOT keeps_records'));
  }
  if (kept > 0) {
    await catchUp(deps, ['record_history'], 'here');
    const ofKept = ofCompanies(' AND keeps_records');
    for (const table of WITH_TEXTS) await insertDerived(deps, table, renderDerivation(table, ofKept));
    await insertDerived(deps, 'debtor_case_states', renderSharing(ofKept));
  }
  await deleteRows(deps, ERASING, ofErasure);
}

const isWithTexts = (table: DerivedTable): boolean => WITH_TEXTS.includes(table);

const insertDerived = (deps: RowsDeps, table: DerivedTable, select: string): Promise<void> =>
  runUnlogged(
    deps,
    `INSERT INTO {{db}}.${table} ${select.replaceAll('{{database}}', '{{db}}')}`,
    // Otherwise a replicated table takes rows that it had before they were deleted for a repetition.
    { ...LONG_STATEMENT, insert_deduplicate: 0 },
  );
