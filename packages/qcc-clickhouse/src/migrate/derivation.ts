import { readColumnLists } from './read-migrations.ts';
import { includeColumns } from './render-migration.ts';

/**
 * Tables with rows of companies. Views of `record_derivations` fill them, some through `record_facts`. A row may come from several records.
 * Deriving it again changes nothing, because the tables keep a maximum, a minimum or the newest version. `debtor_case_states` also gets the
 * rows of `renderSharing`.
 */
export const DERIVED_TABLES = [
  'company_states',
  'company_identities',
  'first_pushes',
  'list_entries',
  'debtor_case_reports',
  'debtor_case_states',
] as const;
export type DerivedTable = (typeof DERIVED_TABLES)[number];

/**
 * The SELECT of the materialized view of a table, with `{{database}}`.
 * @param where limits the rows of `record_history` that it reads.
 */
export function renderDerivation(table: DerivedTable, where?: string): string {
  const select = include(`derive_${table}`).replaceAll(FACTS, () => `(\n${include('derive_record_facts')}\n)`);
  if (where === undefined) return select;
  return select.replaceAll(SOURCE, () => `(SELECT * FROM ${SOURCE} WHERE ${where})`);
}

/**
 * The SELECT of rows of `debtor_case_states`, with `{{database}}`: for each case of some companies, the values of its newest report for all other
 * companies that report it.
 * @param where chooses the companies, by a condition on `account` and `corp_key_no`.
 */
export function renderSharing(where: string): string {
  return include('share_debtor_cases').replace(STATES, () => `${STATES} WHERE ${where}`);
}

/**
 * The SELECT of the rows of `change_log` that contradict `first_pushes` or the ledger, with correct values, with `{{database}}`. A row
 * contradicts them if something arrived after it was written: an older push of its record, a later revision with its record or its place, or
 * a complete one that leaves the place empty.
 * @param ids A SELECT of `account`, `corp_key_no` and `id`: the changes to check.
 */
export function renderAmendment(ids: string): string {
  return include('amend_change_log')
    .replaceAll(
      '{{orders}}',
      'SELECT account, order_no FROM {{database}}.change_log WHERE (account, corp_key_no, id) IN ({{amended}})',
    )
    .replaceAll('{{amended}}', () => ids);
}

/**
 * The SELECT of `account`, `corp_key_no` and `id` of the changes that still count, although a later revision of the order has a record at
 * their place, or is complete and leaves the place empty, with `{{database}}`.
 * @param orders A SELECT of `account` and `order_no`: the orders to check.
 */
export function renderReplaced(orders: string): string {
  return include('replaced_changes').replaceAll('{{orders}}', () => orders);
}

const include = (list: string): string => includeColumns(`{{columns ${list}}}`, readColumnLists());

const SOURCE = '{{database}}.record_history';
const FACTS = '{{database}}.record_facts';
const STATES = '{{database}}.debtor_case_states';
