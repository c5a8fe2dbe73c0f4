import { columnOf, fieldsOf, laterColumnOf, laterFields, viewsOf } from 'qcc-details/detail-endpoint';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';

/** Columns of a change and its details that may name or identify a person. */
const CHANGE = [
  'corp_name',
  'change_content',
  'change_extend',
  'credit_code',
  'reg_no',
  'extra',
  ...DETAIL_ENDPOINTS.flatMap(({ list }) => [
    columnOf(list.name),
    ...laterFields(list)
      .filter(({ isPersonal }) => isPersonal)
      .map((field) => laterColumnOf(list, field)),
  ]),
];
const CODES: readonly string[] = ['credit_code', 'reg_no', 'credit_code_last', 'reg_no_last'];
const withoutCodes = (columns: readonly string[]): string[] => columns.filter((column) => !CODES.includes(column));
/** Columns of a change whose texts may hold a person's name; the other marked ones are codes. */
export const NAME_COLUMNS: readonly string[] = withoutCodes(CHANGE);
const DETAIL = ['corp_name', 'credit_code'] as const;
const DETAIL_VIEWS = DETAIL_ENDPOINTS.flatMap(({ list }) => {
  const columns = fieldsOf(list)
    .filter(({ isPersonal }) => isPersonal)
    .map(({ name }) => columnOf(name));
  return viewsOf(list).map((view) => [view, [...DETAIL, ...columns]] as const);
});
/** Passed on and never stored. */
const FACTS = [
  'credit_code',
  'exceptions',
  'serious_violations',
  'clean_code',
  'known_credit_code',
  'known_reg_no',
  'known_name',
  'known_former_name',
] as const;
const COMPANY_FACTS = ['facts_last', 'credit_code_last', 'reg_no_last'] as const;
const COMPANY = ['corp_name', 'credit_code', 'reg_no', 'former_names'] as const;
const CHANGE_OF_LOG = ['corp_name', 'change_content', 'credit_code', 'reg_no'] as const;
const LIST_REASONS = ['add_reasons', 'remove_reasons'] as const;
const CASE_TEXTS = ['anno', 'anno_normalized', 'execute_no', 'action_type_name', 'amount_raw'] as const;
const DEAD_LETTER = ['message', 'value'] as const;

/**
 * The one list of columns, by table or view, that may name a person (个人信息保护法): their comments in ClickHouse begin
 * with 【个人信息】, and no view for analysts shows them as they are. The code and number of a company stand here because
 * those of a 个体工商户 are its owner's.
 */
export const PERSONAL_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  record_history: CHANGE,
  record_current: CHANGE,
  record_current_feed: CHANGE,
  records: CHANGE,
  ...Object.fromEntries(DETAIL_VIEWS),
  record_derivations: CHANGE,
  record_facts: FACTS,
  record_facts_feed: FACTS,
  company_states: COMPANY_FACTS,
  company_states_feed: COMPANY_FACTS,
  company_identities: ['value'],
  company_identities_feed: ['value'],
  companies: COMPANY,
  company_profiles: COMPANY,
  change_log: CHANGE_OF_LOG,
  change_log_feed: CHANGE_OF_LOG,
  changes: CHANGE_OF_LOG,
  company_timeline: ['content'],
  list_entries: ['reasons'],
  list_entries_feed: ['reasons'],
  list_spells: LIST_REASONS,
  list_status: LIST_REASONS,
  debtor_case_reports: CASE_TEXTS,
  debtor_case_reports_feed: CASE_TEXTS,
  debtor_case_states: [...DETAIL, ...CASE_TEXTS],
  debtor_case_states_feed: [...DETAIL, ...CASE_TEXTS],
  debtor_cases: CASE_TEXTS,
  debtor_case_companies: [...DETAIL, ...CASE_TEXTS],
  dead_letters: DEAD_LETTER,
  dead_letters_open: DEAD_LETTER,
  dead_letter_actions: ['reason', 'decided_by'],
  order_discards: ['reason', 'discarded_by'],
  order_closures: ['reason', 'closed_by'],
  order_closures_in_force: ['reason', 'closed_by'],
  coverage_facts: ['reason', 'decided_by'],
  coverage_gaps: ['reason', 'closed_by'],
  erasures: ['reason', 'decided_by'],
  portfolio_members: ['member', 'credit_code', 'reg_no', 'name', 'attributes'],
  portfolio_matches: ['member'],
  portfolio_companies: ['value'],
  portfolio_companies_feed: ['value'],
  ...Object.fromEntries(
    (
      [
        ['portfolio_log', CHANGE_OF_LOG],
        ['portfolio_states', COMPANY_FACTS],
        ['portfolio_list_entries', ['reasons']],
        ['portfolio_case_states', [...DETAIL, ...CASE_TEXTS]],
      ] as const
    ).flatMap(([table, columns]) => [table, `${table}_feed`, `${table}_fill`].map((name) => [name, columns])),
  ),
  portfolio_status: [
    ...['member', 'customer_name', 'customer_credit_code', 'customer_reg_no', 'attributes'],
    'corp_name',
  ],
  portfolio_changes: ['member', 'customer_name', ...CHANGE_OF_LOG],
};

/** Those of a table or view whose texts may hold a person's name. */
export const nameColumnsOf = (name: string): string[] => withoutCodes(PERSONAL_COLUMNS[name] ?? []);
