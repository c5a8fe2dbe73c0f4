/** Questions of analysts about the model: companies, changes, lists, cases and customers. */
import type { Question } from './questions.ts';

const OF_ACCOUNT = `account = '{{account}}'`;
const OF_COMPANY = `${OF_ACCOUNT} AND corp_key_no = '{{company}}'`;
const OF_ID = `${OF_ACCOUNT} AND id = '{{id}}'`;

const OF_LOG = 'account, corp_key_no, id';
const changesByHand = (where: string): Question['byHand'] => ({
  change_log: `SELECT id, push_day, type, is_repeat FROM {{db}}.change_log FINAL WHERE ${where} AND NOT is_superseded`,
  'windows over record_history': `
    SELECT id, push_day, type, toBool((push_date, order_no, position) != first) AS is_repeat
    FROM (
      SELECT *, min((push_date, order_no, position)) OVER (PARTITION BY ${OF_LOG}) AS first,
        max(revision) OVER (PARTITION BY ${OF_LOG}, order_no, position) AS newest
      FROM {{db}}.record_history FINAL PREWHERE ${where}
    ) WHERE revision = newest`,
});

const COURT = `execute_gov, count(), sum(amount)`;
const CUSTOMERS = `SELECT member, credit_code FROM {{db}}.portfolio_members FINAL WHERE ${OF_ACCOUNT} AND portfolio = 'bench'`;
const COMPANIES_OF_CUSTOMERS = `SELECT account, corp_key_no FROM {{db}}.company_identities
  WHERE ${OF_ACCOUNT} AND kind = 'CREDIT_CODE' AND value IN (SELECT credit_code FROM (${CUSTOMERS}))`;

const newHighRisks = (table: string): string => `SELECT id, corp_key_no, type FROM {{db}}.${table} FINAL
  WHERE ${OF_ACCOUNT} AND (account, corp_key_no) IN (${COMPANIES_OF_CUSTOMERS}) AND push_day >= toDate('{{week}}')
    AND category = '1' AND NOT is_repeat AND NOT is_superseded`;

/** Questions about few rows. A good query does not read the other rows. */
export const MODEL_LOOKUPS: readonly Question[] = [
  {
    what: 'a company, companies_masked',
    asked: `SELECT corp_key_no, first_seen_day, last_seen_day, on_abnormal_list, unpaid_debtor_cases
      FROM {{db}}.companies_masked WHERE ${OF_COMPANY}`,
    byHand: {
      'conditions inside': {
        select: 'corp_key_no, first_seen_day, last_seen_day, on_abnormal_list, unpaid_debtor_cases',
        view: 'companies_masked',
        where: { company_states: OF_COMPANY, list_entries: OF_COMPANY, debtor_case_states: OF_COMPANY },
      },
    },
  },
  {
    what: "a company's changes, changes",
    asked: `SELECT id, push_day, type, is_repeat FROM {{db}}.changes WHERE ${OF_COMPANY}`,
    byHand: changesByHand(OF_COMPANY),
  },
  {
    what: "an id's changes, changes_masked",
    asked: `SELECT id, push_day, type, is_repeat FROM {{db}}.changes_masked WHERE ${OF_ID}`,
    byHand: changesByHand(OF_ID),
  },
  {
    what: "a company's lists, list_status_masked",
    asked: `SELECT list, is_on, since_day, until_day FROM {{db}}.list_status_masked WHERE ${OF_COMPANY}`,
    byHand: {
      'conditions inside': {
        select: 'list, is_on, since_day, until_day',
        view: 'list_status_masked',
        where: { list_entries: OF_COMPANY },
      },
    },
  },
  {
    what: "a company's cases, debtor_case_companies_masked",
    asked: `SELECT case_id, amount FROM {{db}}.debtor_case_companies_masked WHERE ${OF_COMPANY}`,
    byHand: {
      'record_history, LIMIT 1 BY': `SELECT details.id AS case_id, details.amount AS amount FROM {{db}}.record_history
        ARRAY JOIN dishonest_debtors AS details PREWHERE ${OF_COMPANY} WHERE type = '11'
        ORDER BY case_id, version DESC LIMIT 1 BY case_id`,
    },
  },
  {
    what: "a company's story, company_timeline_masked",
    asked: `SELECT * FROM {{db}}.company_timeline_masked WHERE ${OF_COMPANY}`,
    byHand: {},
  },
  {
    what: 'new high risks of 10,000 customers, portfolio_changes_masked',
    asked: `SELECT id, corp_key_no, type FROM {{db}}.portfolio_changes_masked
      WHERE ${OF_ACCOUNT} AND portfolio = 'bench' AND category = '1' AND NOT is_repeat AND first_pushed_day >= toDate('{{week}}')`,
    byHand: {
      change_log: newHighRisks('change_log'),
      portfolio_log: newHighRisks('portfolio_log'),
    },
  },
  {
    what: 'the state of 10,000 customers, portfolio_status_masked',
    asked: `SELECT corp_key_no, risk_state, last_seen_day FROM {{db}}.portfolio_status_masked
      WHERE ${OF_ACCOUNT} AND portfolio = 'bench'`,
    byHand: {
      'companies_masked, conditions inside': {
        select: 'corp_key_no, risk_state, last_seen_day',
        view: 'companies_masked',
        where: {
          company_states: `(account, corp_key_no) IN (${COMPANIES_OF_CUSTOMERS})`,
          list_entries: `(account, corp_key_no) IN (${COMPANIES_OF_CUSTOMERS})`,
          debtor_case_states: `(account, corp_key_no) IN (${COMPANIES_OF_CUSTOMERS})`,
        },
      },
    },
  },
];

/** Questions about all rows, or about all rows of a day, a month or a list. */
export const MODEL_SCANS: readonly Question[] = [
  {
    what: 'what is new since yesterday, changes_masked',
    asked: `SELECT type, direction, count() FROM {{db}}.changes_masked
      WHERE ${OF_ACCOUNT} AND push_day >= toDate('{{yesterday}}') AND NOT is_repeat GROUP BY type, direction`,
    byHand: {
      change_log: `SELECT type, direction, count() FROM {{db}}.change_log FINAL
        WHERE ${OF_ACCOUNT} AND push_day >= toDate('{{yesterday}}') AND NOT is_repeat AND NOT is_superseded
        GROUP BY type, direction`,
    },
  },
  {
    what: 'changes by day and category in a month, changes_masked',
    asked: `SELECT push_day, category, count(), countIf(NOT is_repeat) FROM {{db}}.changes_masked
      WHERE ${OF_ACCOUNT} AND push_day >= toDate('{{month}}') GROUP BY push_day, category`,
    byHand: {
      change_log: `SELECT push_day, category, count(), countIf(NOT is_repeat) FROM {{db}}.change_log FINAL
        WHERE ${OF_ACCOUNT} AND push_day >= toDate('{{month}}') AND NOT is_superseded GROUP BY push_day, category`,
    },
  },
  {
    what: 'companies by province, company_profiles_masked',
    asked: `SELECT province, count() FROM {{db}}.company_profiles_masked WHERE ${OF_ACCOUNT} GROUP BY province`,
    byHand: {
      'codes and numbers of record_history': `SELECT r.province AS province, count() FROM (
          SELECT corp_key_no, argMax(credit_code, push_date) AS code, argMax(reg_no, push_date) AS number
          FROM {{db}}.record_history PREWHERE ${OF_ACCOUNT} GROUP BY corp_key_no
        ) AS c INNER JOIN {{db}}.regions AS r ON r.code = ifNull(substring(code, 3, 2), substring(number, 1, 2)) GROUP BY province`,
      'codes and numbers of company_identities': `SELECT r.province AS province, count() FROM (
          SELECT corp_key_no, min(if(kind = 'CREDIT_CODE', (1, substring(value, 3, 2)), (2, substring(value, 1, 2)))).2 AS code
          FROM {{db}}.company_identities WHERE ${OF_ACCOUNT} AND kind IN ('CREDIT_CODE', 'REG_NO') GROUP BY corp_key_no
        ) AS c INNER JOIN {{db}}.regions AS r ON r.code = c.code GROUP BY province`,
    },
  },
  {
    what: 'companies by risk state, companies_masked',
    asked: `SELECT risk_state, count() FROM {{db}}.companies_masked WHERE ${OF_ACCOUNT} GROUP BY risk_state`,
    byHand: {
      'conditions inside': {
        select: 'risk_state, count()',
        view: 'companies_masked',
        where: { company_states: OF_ACCOUNT, list_entries: OF_ACCOUNT, debtor_case_states: OF_ACCOUNT },
        having: 'true GROUP BY risk_state',
      },
    },
  },
  {
    what: 'who is on the abnormal operations list now, list_status_masked',
    asked: `SELECT count(), min(since_day) FROM {{db}}.list_status_masked WHERE ${OF_ACCOUNT} AND list = '2' AND is_on`,
    byHand: {
      'conditions inside': {
        select: 'count(), min(since_day)',
        view: 'list_status_masked',
        where: { list_entries: `${OF_ACCOUNT} AND list = '2'` },
        having: 'is_on',
      },
    },
  },
  {
    what: 'who was on a list on a day, list_spells_masked',
    asked: `SELECT list, count() FROM {{db}}.list_spells_masked
      WHERE ${OF_ACCOUNT} AND since_day <= toDate('{{month}}') AND (until_day IS NULL OR until_day > toDate('{{month}}')) GROUP BY list`,
    byHand: {
      'conditions inside': {
        select: 'list, count()',
        view: 'list_spells_masked',
        where: { list_entries: OF_ACCOUNT },
        having: `since_day <= toDate('{{month}}') AND (until_day IS NULL OR until_day > toDate('{{month}}')) GROUP BY list`,
      },
    },
  },
  {
    what: 'cases by court, debtor_cases_masked',
    asked: `SELECT ${COURT} FROM {{db}}.debtor_cases_masked WHERE ${OF_ACCOUNT} GROUP BY execute_gov`,
    byHand: {
      'record_current, LIMIT 1 BY': `SELECT ${COURT} FROM (
          SELECT details.execute_gov AS execute_gov, details.amount AS amount FROM {{db}}.record_current
          ARRAY JOIN dishonest_debtors AS details PREWHERE ${OF_ACCOUNT} WHERE type = '11'
          ORDER BY details.id, version DESC LIMIT 1 BY details.id
        ) GROUP BY execute_gov`,
      'record_current, argMax': `SELECT ${COURT} FROM (
          SELECT argMax((details.execute_gov, details.amount), version) AS newest, newest.1 AS execute_gov, newest.2 AS amount
          FROM {{db}}.record_current ARRAY JOIN dishonest_debtors AS details PREWHERE ${OF_ACCOUNT} WHERE type = '11'
          GROUP BY details.id
        ) GROUP BY execute_gov`,
    },
  },
  {
    what: 'whose name changed in a month, changes',
    asked: `SELECT id, corp_name, change_content FROM {{db}}.changes
      WHERE ${OF_ACCOUNT} AND type = '5' AND NOT is_repeat AND push_day >= toDate('{{month}}')`,
    byHand: {
      change_log: `SELECT id, corp_name, change_content FROM {{db}}.change_log FINAL
        WHERE ${OF_ACCOUNT} AND push_day >= toDate('{{month}}') AND type = '5' AND NOT is_repeat AND NOT is_superseded`,
    },
  },
  {
    what: 'is the month complete, data_completeness',
    asked: `SELECT * FROM {{db}}.data_completeness WHERE ${OF_ACCOUNT} AND day >= toDate('{{month}}')`,
    byHand: {},
  },
  {
    what: 'the quality of an order, data_quality',
    asked: `SELECT * FROM {{db}}.data_quality WHERE ${OF_ACCOUNT} AND order_no = '{{order}}'`,
    byHand: {},
  },
];
