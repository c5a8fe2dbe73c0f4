import { randomUUID } from 'node:crypto';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { describeError } from 'qcc-core/base/errors';
import { SERVER_LIMIT_MS } from '../create-clickhouse.ts';
import { isRefusal } from './refusal.ts';

/** ClickHouse does not take rows for now, through no fault of theirs: keep them and try again. */
export class ClickHouseUnavailableError extends Error {
  override readonly name = 'ClickHouseUnavailableError';
}

export type InsertDeps = { client: ClickHouseClient; database: string };

/** Inserts rows, in one statement with these settings, while they come; throws what the client throws. */
export type WriteRows<Row> = (
  deps: InsertDeps & { settings: ClickHouseSettings },
  table: string,
  groups: AsyncIterable<readonly Row[]>,
) => Promise<void>;

export type InsertTarget<Row> = {
  table: string;
  /** As JSON without it. */
  write?: WriteRows<Row>;
};

export type RefusedRow<Row> = {
  row: Row;
  /** ClickHouse's words; they may quote the row. */
  message: string;
};

/** A body that was cut in transit looks like a row that cannot be read, but three such bodies in succession are unlikely. */
const REFUSALS_OF_A_ROW = 3;

/** Of every insert, whatever its format. */
const insertSettings = (): ClickHouseSettings => ({
  async_insert: 0,
  wait_end_of_query: 1,
  // Else the engine merges a block's rows before it writes them, which takes longer than all the rest. Merges in the
  // background and FINAL do the same later.
  optimize_on_insert: 0,
  // This also helps an insert of one row: planning views and waiting for the disk takes most of its time. Some views need rows that other
  // views write: see follow-up-derivations.ts.
  parallel_view_processing: 1,
  // A view has to read what the views before it wrote, and not what an earlier view of the same insert saw.
  enable_shared_storage_snapshot_in_query: 0,
  // A replicated table skips an insert that looks like an earlier one. It may also skip the materialized views that the earlier attempt
  // did not reach. A new token for each attempt prevents this.
  insert_deduplication_token: randomUUID(),
  // Otherwise the server goes on with an insert that the client gave up, and stores its rows after what was inserted in its place.
  max_execution_time: SERVER_LIMIT_MS / 1_000,
  timeout_overflow_mode: 'throw',
});

const writeJson: WriteRows<object> = async ({ client, database, settings }, table, groups) => {
  await client.insert({
    table: `\`${database}\`.${table}`,
    values: (await Array.fromAsync(groups)).flat(),
    format: 'JSONEachRow',
    clickhouse_settings: { ...settings, input_format_skip_unknown_fields: 0 },
  });
};

/**
 * Inserts rows in groups while they are made. Do not wait for anything while you make them, because ClickHouse ends a request that stays
 * silent. Resolves to true once all rows are stored, and to false if ClickHouse refuses some of them; other rows may be stored by then. To
 * find the refused ones, pass all rows to `insertRows`.
 * @throws ClickHouseUnavailableError if the environment is at fault, and the errors of making the rows; some may be stored by then.
 */
export const insertWhileMade = async <Row extends object>(
  deps: InsertDeps,
  target: InsertTarget<Row>,
  groups: AsyncGenerator<readonly Row[], void>,
): Promise<boolean> => (await insert(deps, target, groups)) === null;

/**
 * Inserts rows, and resolves once ClickHouse has stored all but those it refuses: it finds them by halving the batch
 * and returns them, in their order, for the caller to put aside. A row counts as refused only after three inserts of it alone:
 * ClickHouse cannot tell a row that it cannot read from a body of which a part was lost on the way.
 *
 * Rows may be inserted again, in other batches: the tables' keys and versions make that invisible.
 * @throws ClickHouseUnavailableError when the environment is at fault; some may be stored by then.
 */
export async function insertRows<Row extends object>(
  deps: InsertDeps,
  {
    rows,
    maxRefused = 100,
    ...target
  }: InsertTarget<Row> & {
    rows: readonly Row[];
    /** With more refused rows than this it is the table that is wrong, not the rows. */
    maxRefused?: number;
  },
): Promise<RefusedRow<Row>[]> {
  const refused: RefusedRow<Row>[] = [];
  const insertPart = async (part: readonly Row[]): Promise<void> => {
    let refusal = await insert(deps, target, inOne(part));
    for (let refusals = 1; refusal && part.length === 1 && refusals < REFUSALS_OF_A_ROW; refusals += 1)
      refusal = await insert(deps, target, inOne(part));
    if (!refusal) return;
    if (part.length > 1) {
      const middle = part.length >> 1;
      await insertPart(part.slice(0, middle));
      await insertPart(part.slice(middle));
      return;
    }
    if (refused.length === maxRefused) {
      const what = maxRefused === 0 ? `a row${whereOf(part[0]!)}` : `more than ${maxRefused} rows of one batch`;
      throw unavailable(deps, `${target.table} refuses ${what}`, refusal);
    }
    refused.push({ row: part[0]!, message: refusal.message });
  };
  await insertPart(rows);
  return refused;
}

async function* inOne<Row>(rows: readonly Row[]): AsyncGenerator<readonly Row[], void> {
  if (rows.length > 0) yield rows;
}

/** Returns ClickHouse's words where it refuses rows, null once all are stored. */
async function insert<Row extends object>(
  deps: InsertDeps,
  { table, write = writeJson }: InsertTarget<Row>,
  groups: AsyncGenerator<readonly Row[], void>,
): Promise<Error | null> {
  const first = await groups.next();
  if (first.done) return null;
  let isComplete = false;
  let failure: { error: unknown } | undefined;
  async function* watched(made: readonly Row[]) {
    try {
      yield made;
      yield* groups;
      isComplete = true;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  try {
    await write({ ...deps, settings: insertSettings() }, table, watched(first.value));
    if (!isComplete) throw new Error('it answered before it had all rows');
    return null;
  } catch (error) {
    if (failure) throw failure.error;
    if (isRefusal(error)) return error;
    throw unavailable(deps, `${table} did not take the rows`, error);
  }
}

const unavailable = ({ database }: InsertDeps, what: string, cause: unknown) =>
  new ClickHouseUnavailableError(`${database}.${what}: ${describeError(cause)}`, { cause });

const whereOf = (row: { order_no?: unknown; position?: unknown }): string =>
  row.order_no ? ` of order ${row.order_no}, position ${row.position}` : '';
