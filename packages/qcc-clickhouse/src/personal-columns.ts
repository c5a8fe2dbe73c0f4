/** Columns of a change and its details that may name or identify a person. */
const CHANGE = [
  'corp_name',
  'change_content',
  'change_extend',
  'credit_code',
  'reg_no',
  'extra',
  'exceptions',
  'serious_violations',
  'dishonest_debtors',
] as const;
/** Columns of a change whose texts may hold a person's name; the other marked ones are codes. */
export const NAME_COLUMNS: readonly string[] = CHANGE.filter(
  (column) => column !== 'credit_code' && column !== 'reg_no',
);
const DETAIL = ['corp_name', 'credit_code'] as const;
const LETTER = ['message', 'value'] as const;

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
  exceptions: [...DETAIL, 'add_reason', 'remove_reason'],
  abnormal_operations: [...DETAIL, 'add_reason', 'remove_reason'],
  serious_violations: [...DETAIL, 'add_reason'],
  dishonest_debtors: [...DETAIL, 'anno', 'anno_normalized', 'execute_no', 'action_type_name'],
  dead_letters: LETTER,
  dead_letters_open: LETTER,
  dead_letter_actions: ['reason', 'decided_by'],
  order_discards: ['reason', 'discarded_by'],
  order_closures: ['reason', 'closed_by'],
  order_closures_in_force: ['reason', 'closed_by'],
  coverage_facts: ['reason', 'decided_by'],
  coverage_gaps: ['reason', 'closed_by'],
  erasures: ['reason', 'decided_by'],
};
