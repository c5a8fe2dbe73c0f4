import {
  DERIVED_TABLES,
  type DerivedTable,
  renderAmendment,
  renderDerivation,
  renderSharing,
} from 'qcc-clickhouse/migrate/derivation';
import { nameColumnsOf } from 'qcc-clickhouse/personal-columns';
import { redactRow } from 'qcc-clickhouse/rows/erase-row';
import { followUpSince } from 'qcc-clickhouse/rows/follow-up-derivations';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { ErasureSubject } from 'qcc-evidence/erasure/subject';
import { addCompanies, INSERT_AGAIN, PORTFOLIO_COPIES } from '../portfolio/fill-companies.ts';
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

/** The companies that are being erased, lose a name, or have cases with values that these reported. Empty unless an erasure runs or was cut off. */
export const ERASING = 'erasing_companies';

/** Notes of ids whose rows of `change_log` may have to be amended. */
export const AMENDMENTS = 'change_amendments';

/** Those of which a person's name may be in a text. */
const WITH_TEXTS = DERIVED_TABLES.filter((table) => nameColumnsOf(table).length > 0);

/** Values of cases may be those that another company reported. The second table copies the first one for customers. */
const CASE_STATES = ['debtor_case_states', 'portfolio_case_states'] as const;

const isCopied = (table: DerivedTable): boolean => table === 'debtor_case_states';

/** Tables of customers' companies. They may still hold rows that a merge has dropped from the tables that they copy. */
export const CUSTOMER_TABLES = [
  'portfolio_companies',
  ...PORTFOLIO_COPIES.filter((table) => table !== 'portfolio_case_states'),
] as const;

/** Where a name may be, and the column with the company whose records say it. */
const NAMED = [
  ...WITH_TEXTS.filter((table) => !isCopied(table)).map((table) => ({ table, source: 'corp_key_no' })),
  ...CUSTOMER_TABLES.map((table) => ({ table, source: 'corp_key_no' })),
  ...CASE_STATES.map((table) => ({ table, source: 'reported_by' })),
];

export async function derivesCompany(deps: RowsDeps, { account, company }: ErasureSubject): Promise<boolean> {
  const selects = [
    ...[...DERIVED_TABLES, ...CUSTOMER_TABLES, AMENDMENTS].map((table) => ({ table, column: 'corp_key_no' })),
    ...CASE_STATES.map((table) => ({ table, column: 'reported_by' })),
  ].map(
    ({ table, column }) =>
      `SELECT 1 FROM {{db}}.${table} WHERE account = {account: String} AND ${column} = {company: String}`,
  );
  const params = { account, company: company ?? '' };
  return (await query(deps, `SELECT 1 FROM (${selects.join(' UNION ALL ')}) LIMIT 1`, params)).length > 0;
}

/**
 * Finds the companies whose derived rows hold the name. Usually the records of these companies hold it too, unless a merge has dropped
 * the older of two rows.
 */
export async function findDerivedNames(
  deps: RowsDeps,
  { account, company, person = '' }: ErasureSubject,
  eraser: Eraser,
): Promise<Set<string>> {
  const companies = new Set<string>();
  for (const { table, source } of NAMED) {
    const columns = nameColumnsOf(table);
    // The eraser looks into the values of a map, and the facts of a company are its keys.
    const texts = columns.map((column) => (column === 'facts_last' ? 'mapKeys(facts_last) AS facts_last' : column));
    const rows = streamRows<{ account: string; corp_key_no: string }>(
      deps,
      `SELECT account, ${source} AS corp_key_no, ${texts.join(', ')} FROM {{db}}.${table}
       WHERE account = {account: String}
         ${company === undefined ? '' : `AND ${source} = {company: String}`} AND ${mentions(columns)}`,
      { account, company: company ?? '', ...needles(person) },
    );
    for await (const row of rows) {
      if (!companies.has(row.corp_key_no) && redactRow(eraser, row, columns) !== row) companies.add(row.corp_key_no);
    }
  }
  return companies;
}

export type NotedCompanies = {
  erasureId: string;
  account: string;
  companies: Iterable<string>;
  /** Whether a company's records stay, so that its rows are derived from them again. */
  keepsRecords: (company: string) => boolean;
  untilSinkPassed: UntilSinkPassed;
};

/** Waits for the batches that the sink began before the call. It may give up after a limit; the caller then says that the erasure has to be run again. */
export type UntilSinkPassed = () => Promise<unknown>;

const INSERT_ROWS = 5_000;

/**
 * Notes the companies for `eraseDerived`. Call it before their records change: a run that is repeated would not find them by their records
 * any more. Then it waits for the sink, because a batch that began earlier may still amend `change_log` for these companies, and so write a
 * deleted row again. Later batches leave these companies out.
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
  if (rows.length === 0) return;
  // Each replica looks at its own rows of this table.
  await catchUp(deps, [ERASING], 'everywhere');
  await noted.untilSinkPassed();
}

/**
 * Deletes the rows that were derived from the records of the noted companies, and derives them again from the records that stay. Call
 * it once the records are erased. It empties the note last, so a run that is repeated does all of it again.
 *
 * The sink may insert meanwhile. It derives only from records that the history group has committed, so each derived row that is
 * deleted has its record in `record_history` when the rows are derived again. Values of cases are copies of reports: a batch may copy a report
 * while it is deleted. So the copies are deleted last, once no such batch is under way. So are the copies for customers, which are filled
 * again from the other tables.
 *
 * @param since A time of `readServerTime` before the companies were noted. The sink skips the noted companies, so this function finally
 *   completes what the views have noted since this time.
 */
export async function eraseDerived(
  deps: RowsDeps,
  {
    account,
    erasureId,
    since,
    untilSinkPassed,
  }: { account: string; erasureId: string; since: string; untilSinkPassed: UntilSinkPassed },
): Promise<void> {
  const ofErasure = `erasure_id = '${erasureId}'`;
  const [noted] = await query<{ companies: number; kept: number }>(
    deps,
    `SELECT count() AS companies, countIf(keeps_records) AS kept FROM {{db}}.${ERASING} WHERE ${ofErasure}`,
    {},
  );
  const { companies = 0, kept = 0 } = noted ?? {};
  if (companies === 0) return;
  // This run may have noted nothing, because an earlier one did. Then `noteCompanies` has not waited for the replicas.
  await catchUp(deps, [ERASING], 'everywhere');
  const ofErased = ofNoted('corp_key_no', `${ofErasure} AND NOT keeps_records`);
  for (const table of DERIVED_TABLES) {
    if (isCopied(table)) continue;
    if (isWithTexts(table)) await deleteRows(deps, table, ofNoted('corp_key_no', ofErasure));
    else if (companies > kept) await deleteRows(deps, table, ofErased);
  }
  await untilSinkPassed();
  await eraseCopies(deps, erasureId);
  if (companies > kept) await deleteRows(deps, AMENDMENTS, ofErased);
  for (const table of CUSTOMER_TABLES) await deleteRows(deps, table, ofNoted('corp_key_no', ofErasure));
  await catchUp(deps, ['record_history', 'portfolio_members', 'first_pushes', 'order_ledger', 'change_log'], 'here');
  const ofKept = ofNoted('corp_key_no', `${ofErasure} AND keeps_records`);
  for (const table of WITH_TEXTS) {
    if (kept > 0) await insertDerived(deps, table, renderDerivation(table, ofKept));
  }
  const ofKeptAndSharers = ofNoted('corp_key_no', `(${ofErasure} OR ${ofSharers(erasureId)}) AND keeps_records`);
  await insertDerived(deps, 'debtor_case_states', renderSharing(ofKeptAndSharers));
  // The sink has left these companies out since they were noted, in this run or an earlier one.
  const changes = `SELECT account, corp_key_no, id FROM {{database}}.change_log WHERE ${ofKeptAndSharers}`;
  await insertDerived(deps, 'change_log', renderAmendment(changes));
  await addCompanies(deps, { account, where: ofKeptAndSharers });
  await deleteRows(deps, ERASING, `${ofErasure} OR ${ofSharers(erasureId)}`);
  await catchUp(
    deps,
    ['order_amendments', AMENDMENTS, 'portfolio_companies', 'first_pushes', 'order_ledger', 'change_log'],
    'here',
  );
  await followUpSince(deps, since);
}

const ofNoted = (column: string, condition: string): string =>
  `(account, ${column}) IN (SELECT account, corp_key_no FROM {{db}}.${ERASING} WHERE ${condition})`;

/** Notes of companies that keep their records, but whose cases have values that an erased report gave them. */
const ofSharers = (erasureId: string): string => `erasure_id = '${erasureId}/cases'`;

/** Deletes the case states of the noted companies, and what their reports say in those of others, which it notes as sharers. */
async function eraseCopies(deps: RowsDeps, erasureId: string): Promise<void> {
  const ofErasure = `erasure_id = '${erasureId}'`;
  const ofReports = ofNoted('reported_by', ofErasure);
  await catchUp(deps, CASE_STATES, 'here');
  const copies = CASE_STATES.map((table) => `SELECT account, corp_key_no FROM {{db}}.${table} WHERE ${ofReports}`);
  await runUnlogged(
    deps,
    `INSERT INTO {{db}}.${ERASING} (erasure_id, account, corp_key_no, keeps_records)
     SELECT DISTINCT '${erasureId}/cases', account, corp_key_no, true FROM (${copies.join(' UNION ALL ')})
     WHERE NOT ${ofNoted('corp_key_no', ofErasure)}`,
    INSERT_AGAIN,
  );
  await catchUp(deps, [ERASING], 'everywhere');
  for (const table of CASE_STATES)
    await deleteRows(deps, table, `${ofNoted('corp_key_no', ofErasure)} OR ${ofReports}`);
}

const isWithTexts = (table: DerivedTable): boolean => WITH_TEXTS.includes(table);

const insertDerived = (deps: RowsDeps, table: DerivedTable | 'change_log', select: string): Promise<void> =>
  runUnlogged(deps, `INSERT INTO {{db}}.${table} ${select.replaceAll('{{database}}', '{{db}}')}`, INSERT_AGAIN);
