import type { ClickHouseSide } from '../connect-clickhouse.ts';
import type { DeadLetter } from './dead-letter.ts';

/**
 * Conditions on dead letters, combined with AND. An absent condition matches every dead letter. Instants are milliseconds since the
 * epoch. The names are those of the command's options.
 */
export type DeadLetterFilter = {
  id?: readonly string[];
  account?: string | undefined;
  /** Not those of other accounts. Messages that nobody can read may be of no account. */
  servedAccount?: string | undefined;
  order?: string;
  reason?: string;
  /** Included. */
  since?: number;
  /** Not included. */
  until?: number;
  /** Replayed and discarded ones too. */
  all?: boolean;
  /** The newest so many. */
  last?: number;
};

/** Dead letters without their content, the newest first: what a person looks through. */
export const listDeadLetters = (clickhouse: ClickHouseSide, filter: DeadLetterFilter): Promise<DeadLetter[]> =>
  clickhouse.rows<DeadLetter>(
    `SELECT ${COLUMNS}, NULL AS value FROM (${DEAD_LETTERS}) WHERE ${SELECTED} ORDER BY rejected DESC, id DESC LIMIT {last: UInt64}`,
    paramsOf(filter),
  );

/**
 * Dead letters to replay, the oldest first. The replay of an order settles all dead letters about it, so the result also has all other
 * open dead letters about that order. `value` is null for dead letters about an order, because their content is not replayed.
 */
export const selectDeadLetters = (clickhouse: ClickHouseSide, filter: DeadLetterFilter): Promise<DeadLetter[]> =>
  clickhouse.rows<DeadLetter>(
    `SELECT ${COLUMNS}, if(${ABOUT_ORDER}, NULL, value) AS value FROM (${DEAD_LETTERS})
     WHERE (${SELECTED}) OR (isOpen AND ${ABOUT_ORDER} AND (account, orderNo) IN (
       SELECT account, orderNo FROM (${DEAD_LETTERS}) WHERE ${ABOUT_ORDER} AND (${SELECTED})
     ))
     ORDER BY rejected, id`,
    paramsOf(filter),
  );

const DEAD_LETTERS = `
  SELECT
    concat(source_topic, '/', toString(source_partition), '/', toString(source_offset)) AS id,
    id IN (SELECT id FROM {{db}}.dead_letters_open) AS isOpen,
    ifNull(rejected_at, source_time) AS rejected,
    formatDateTime(rejected, '%F %T') AS rejectedAt,
    stage, reason, message, origin_topic AS originTopic, origin_partition AS originPartition,
    toString(origin_offset) AS originOffset, account, order_no AS orderNo, revision, position, key, value,
    value_encoding AS valueEncoding
  FROM {{db}}.dead_letters FINAL`;
const COLUMNS =
  'id, isOpen, rejectedAt, stage, reason, message, originTopic, originPartition, originOffset, account, orderNo, revision, position, key, valueEncoding';
/** As isAboutOrder says it. */
const ABOUT_ORDER = `((stage = 'archive-extractor' OR (stage = 'detail-enricher' AND reason != 'MESSAGE_UNDECODABLE')) AND orderNo IS NOT NULL AND account IS NOT NULL)`;
const SELECTED = `
  (isOpen OR {all: Bool})
  AND (empty({ids: Array(String)}) OR id IN {ids: Array(String)})
  AND ({account: String} = '' OR account = {account: String})
  AND ({servedAccount: String} = '' OR ifNull(account, {servedAccount: String}) = {servedAccount: String})
  AND ({orderNo: String} = '' OR orderNo = {orderNo: String})
  AND ({reason: String} = '' OR reason = {reason: String})
  AND toUnixTimestamp64Milli(rejected) >= {since: Int64}
  AND toUnixTimestamp64Milli(rejected) < {until: Int64}`;

const paramsOf = (filter: DeadLetterFilter) => ({
  ids: filter.id ?? [],
  account: filter.account ?? '',
  servedAccount: filter.servedAccount ?? '',
  orderNo: filter.order ?? '',
  reason: filter.reason ?? '',
  since: filter.since ?? 0,
  until: filter.until ?? Number.MAX_SAFE_INTEGER,
  all: filter.all ?? false,
  last: filter.last ?? Number.MAX_SAFE_INTEGER,
});
