import { describeError } from 'qcc-core/base/errors';
import type { OrderEvent } from 'qcc-core/contract/domain';
import { ClickHouseUnavailableError, type InsertDeps, insertRows, type WriteRows } from '../insert/insert-rows.ts';
import { renderAmendment, renderReplaced } from '../migrate/derivation.ts';
import { LONG_STATEMENT } from '../migrate/migrate.ts';

/**
 * Runs an insert into `record_derivations`, and completes what its views cannot write:
 *
 * - If a push is older than the known ones, or is a replay, it amends the other rows of this id in `change_log`.
 * - If an order is replayed, it amends rows of former revisions: those whose place has another record now (it may be erased), and, once the
 *   replay is complete, those whose place is empty in it.
 * - If a company becomes a customer's, it fills the copies for customers again. ClickHouse runs the views of an insert in no
 *   promised order, and a view may read an older state of a table that another view of the insert has filled. So neither the fill of a
 *   new customer nor the view that copies a row may see the other's part.
 *
 * Companies that are being erased are left out; the erasure completes them itself. If this fails, insert the records again: the views note
 * the same ids and, for a day, the same companies again. Repeating it changes nothing.
 * @throws ClickHouseUnavailableError, and what the insert throws
 */
export async function followingUp<Result>(deps: InsertDeps, insert: () => Promise<Result>): Promise<Result> {
  const since = await readServerTime(deps);
  const result = await insert();
  await followUpSince(deps, since);
  return result;
}

/** Completes what views have noted since a time of `readServerTime`, or up to five seconds before it. @throws ClickHouseUnavailableError */
export async function followUpSince(deps: InsertDeps, since: string): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const began = performance.now();
    const noted = await findNotes(deps, since);
    for (const each of FOLLOW_UPS) {
      if (!noted.has(each.notedIn)) continue;
      await followUp(deps, each, since);
      // What it wrote may be a note, too.
      noted.add(each.table);
    }
    // If a round takes longer, another program may have inserted rows meanwhile that this round did not read. That program looks only for
    // notes since five seconds before its own insert, so it may miss these.
    if (performance.now() - began < CLOCKS_DIFFER_MS) break;
  }
}

/** An order of which a revision after the first is published to its end. */
export type ReplacedOrder = { account: string; orderNo: string };

/**
 * Amends the rows of former revisions of these orders whose place is empty in a later one, if that is complete: it has as many records as its
 * archive declares. Call it after the fact EXTRACTED of the later revision is in `order_events`, because its records may have been derived
 * before that. Repeating it changes nothing.
 * @throws ClickHouseUnavailableError
 */
export async function amendReplaced(deps: InsertDeps, orders: readonly ReplacedOrder[]): Promise<void> {
  if (orders.length === 0) return;
  const since = await readServerTime(deps);
  const rows = orders.map(({ account, orderNo }) => ({ account, order_no: orderNo, noted_at: since }));
  await insertRows(deps, { table: 'order_amendments', rows, maxRefused: 0 });
  await followUpSince(deps, since);
}

/** The order of a fact, if its former revisions may have to be amended. */
export const replacedBy = ({
  stage,
  revision,
  account,
  orderNo,
}: Pick<OrderEvent, 'stage' | 'revision' | 'account' | 'orderNo'>): ReplacedOrder | undefined =>
  stage === 'EXTRACTED' && revision > 0 ? { account, orderNo } : undefined;

/** The clock of the server, as text. Views stamp their notes with it. @throws ClickHouseUnavailableError */
export async function readServerTime(deps: InsertDeps): Promise<string> {
  const [row] = await ask<{ now: string }>(deps, 'its time', "SELECT toString(now64(3, 'Asia/Shanghai')) AS now", {});
  if (!row) throw new ClickHouseUnavailableError(`${deps.database}: ClickHouse does not answer with its time`);
  return row.now;
}

/** What the clocks of a cluster's servers may differ by. */
const CLOCKS_DIFFER_MS = 5_000;
const MOST_ROUNDS = 3;

/** A time of `readServerTime`, as the parameter `since`, or as another server may have written it. */
export const SINCE = `toDateTime64({since: String}, 3, 'Asia/Shanghai') - toIntervalMillisecond(${CLOCKS_DIFFER_MS})`;
export const NOT_ERASING =
  '(account, corp_key_no) NOT IN (SELECT account, corp_key_no FROM {{database}}.erasing_companies)';

const NOTED_ORDERS = `SELECT account, order_no FROM {{database}}.order_amendments WHERE noted_at >= ${SINCE}`;
const NOTED = `SELECT account, corp_key_no, id FROM {{database}}.change_amendments
  WHERE noted_at >= ${SINCE} AND ${NOT_ERASING}`;

/** In this order: the table where views note what is to be completed, the statement that completes it, and the table that it writes to. */
const FOLLOW_UPS = [
  {
    notedIn: 'order_amendments',
    notedAt: 'noted_at',
    table: 'change_amendments',
    statement: `INSERT INTO {{database}}.change_amendments (account, corp_key_no, id, noted_at)
      SELECT DISTINCT account, corp_key_no, id, now64(3, 'Asia/Shanghai') FROM (${renderReplaced(NOTED_ORDERS)})
      WHERE ${NOT_ERASING}`,
  },
  {
    notedIn: 'change_amendments',
    notedAt: 'noted_at',
    table: 'change_log',
    statement: `INSERT INTO {{database}}.change_log ${renderAmendment(NOTED)}`,
  },
  {
    notedIn: 'portfolio_companies',
    notedAt: 'added_at',
    table: 'portfolio_companies',
    statement: `INSERT INTO {{database}}.portfolio_companies (account, corp_key_no, kind, value, added_at, first_added_at)
      SELECT account, corp_key_no, kind, value, added_at, first_added_at FROM {{database}}.portfolio_companies FINAL
      WHERE added_at >= ${SINCE} AND ${NOT_ERASING}`,
  },
] as const;
type FollowUp = (typeof FOLLOW_UPS)[number];

/** The tables with notes. */
async function findNotes(deps: InsertDeps, since: string): Promise<Set<string>> {
  const looks = FOLLOW_UPS.map(
    ({ notedIn, notedAt }) =>
      `SELECT '${notedIn}' AS noted_in FROM (SELECT 1 FROM {{database}}.${notedIn} WHERE ${notedAt} >= ${SINCE} LIMIT 1)`,
  );
  const rows = await ask<{ noted_in: string }>(deps, 'what is to be completed', looks.join(' UNION ALL '), { since });
  return new Set(rows.map(({ noted_in }) => noted_in));
}

async function ask<Row>(
  deps: InsertDeps,
  what: string,
  sql: string,
  query_params: Record<string, unknown>,
): Promise<Row[]> {
  try {
    const result = await deps.client.query({ query: inDatabase(deps, sql), query_params, format: 'JSONEachRow' });
    return await result.json<Row>();
  } catch (error) {
    throw new ClickHouseUnavailableError(`${deps.database}: ClickHouse does not say ${what}: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/** `insertRows` tries again, and tells an unavailable server from a refusal. Its one row carries the parameter. */
const followUp = async (deps: InsertDeps, { table, statement }: FollowUp, since: string): Promise<void> =>
  void (await insertRows(deps, { table, write: derivesBy(statement), rows: [{ since }], maxRefused: 0 }));

const derivesBy =
  (statement: string): WriteRows<{ since: string }> =>
  async ({ settings, ...deps }, _table, groups) => {
    const [query_params] = (await Array.fromAsync(groups)).flat();
    // A company may have a long history.
    const { max_execution_time: _, ...unlimited } = settings;
    await deps.client.command({
      query: inDatabase(deps, statement),
      ...(query_params && { query_params }),
      clickhouse_settings: { ...unlimited, ...LONG_STATEMENT },
    });
  };

const inDatabase = ({ database }: InsertDeps, sql: string): string => sql.replaceAll('{{database}}', `\`${database}\``);
