import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { LONG_STATEMENT } from 'qcc-clickhouse/migrate/migrate';
import { APOSTROPHES, BLANKS, foldName, nameParts, POINTS } from 'qcc-evidence/erasure/person-name';
import { CommandFailure } from '../terminal.ts';

export type RowsDeps = { client: ClickHouseClient; database: string; cluster?: string | undefined };

/** Of what a mutation lists: ClickHouse takes statements up to 256 KiB. */
const LISTED_BYTES = 200_000;

/** Whether one of the columns holds the name, in whatever field and word; the eraser looks closer. */
export const mentions = (columns: readonly string[]): string =>
  `match(normalizeUTF8NFC(toValidUTF8(concat(${columns.map((column) => `ifNull(toString(${column}), ''), '\\n'`).join(', ')}))), {name: String})`;

/**
 * A pattern of the name, each character as it is or escaped as in JSON: encoders escape some only. ClickHouse writes an
 * apostrophe within a map or an array with a backslash before it.
 */
export const needles = (person: string) => ({
  name: nameParts(foldName(person))
    .map(({ folded }) => `(?:${formsOf(folded).map(rawOrEscaped).join('|')})`)
    .join(''),
});

/** The characters that fold to this one: other points or blanks, or a letter followed by separate combining marks. */
function formsOf(folded: string): string[] {
  if (folded === '·') return [...POINTS];
  if (folded === "'") return [...APOSTROPHES];
  if (folded === ' ') return [...BLANKS];
  const [base = '', ...marks] = folded.normalize('NFD');
  const composed = marks.map((_, at) => [base, ...marks.slice(0, at + 1)].join('').normalize('NFC'));
  return [base, ...composed].map((letter, at) => letter + marks.slice(at).join(''));
}

const rawOrEscaped = (text: string): string =>
  [...text]
    .map((character) => {
      const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
      const escaped = units.map((unit) => `\\\\+u(?i:${unit.toString(16).padStart(4, '0')})`).join('');
      const raw = character === "'" ? "\\\\*'" : character.replace(/[.-]/, '\\$&');
      return `(?:${raw}|${escaped})`;
    })
    .join('');

/** Inserts rows. @throws CommandFailure if ClickHouse refuses one: the rows are valid, so the cause is the table. */
export const insertAnew = async (deps: RowsDeps, table: string, rows: readonly object[]): Promise<void> => {
  try {
    await insertRows(deps, { table, rows, maxRefused: 0 });
  } catch (cause) {
    throw new CommandFailure('ClickHouse refuses rows that are written again; `npx qcc doctor` may say why', { cause });
  }
};

/**
 * Sends the subject in the request body, because neither the server nor a proxy logs the body. The query log of the server leaves
 * these statements out. They may take minutes, because they read or rewrite the whole history.
 */
const UNLOGGED = { use_multipart_params: true } as const;
const UNLOGGED_SETTINGS: ClickHouseSettings = { ...LONG_STATEMENT, log_queries: 0 };

const inDatabase = ({ database }: RowsDeps, sql: string) => sql.replaceAll('{{db}}', `\`${database}\``);

const ask = (deps: RowsDeps, sql: string, params: Record<string, unknown>, settings: ClickHouseSettings) =>
  deps.client.query({
    query: inDatabase(deps, sql),
    query_params: params,
    format: 'JSONEachRow',
    ...UNLOGGED,
    clickhouse_settings: { ...UNLOGGED_SETTINGS, ...settings },
  });

export async function query<Row>(deps: RowsDeps, sql: string, params: Record<string, unknown>): Promise<Row[]> {
  const result = await ask(deps, sql, params, { output_format_json_quote_64bit_integers: 0 });
  return await result.json<Row>();
}

export async function* streamRows<Row>(
  deps: RowsDeps,
  sql: string,
  params: Record<string, unknown>,
): AsyncGenerator<Row> {
  const exact = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1 } as const;
  const result = await ask(deps, sql, params, exact);
  for await (const rows of result.stream()) for (const each of rows) yield JSON.parse(each.text) as Row;
}

/** An `ingested_at` that is later than those of all listed rows, even if they come from a server whose clock is ahead. */
export async function markAfter(deps: RowsDeps, listed: readonly { ingestedAt: string }[]): Promise<string> {
  const latest = [EARLIEST, ...listed.map(({ ingestedAt }) => ingestedAt)].sort().at(-1);
  const [row] = await query<{ mark: string }>(
    deps,
    `SELECT toString(greatest(
       now64(3, 'Asia/Shanghai'), toDateTime64('${latest}', 3, 'Asia/Shanghai') + toIntervalMillisecond(1)
     )) AS mark`,
    {},
  );
  if (!row) throw new CommandFailure('ClickHouse does not answer with its time');
  return row.mark;
}

const EARLIEST = '1970-01-02 00:00:00.000';

export const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** Items of a list, comma-separated, in parts that a statement can hold. */
export function inParts(items: readonly string[]): string[] {
  const parts: string[][] = [];
  let bytes = LISTED_BYTES;
  for (const item of items) {
    const itemBytes = Buffer.byteLength(item) + 2;
    if (bytes + itemBytes > LISTED_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(item);
    bytes += itemBytes;
  }
  return parts.map((part) => part.join(', '));
}

/** Waits until this replica, or every replica, has fetched all data that the others have acknowledged. Does nothing without a cluster. */
export async function catchUp(deps: RowsDeps, tables: readonly string[], where: 'here' | 'everywhere'): Promise<void> {
  if (deps.cluster === undefined) return;
  const onCluster = where === 'here' ? '' : ` ON CLUSTER \`${deps.cluster}\``;
  for (const table of tables) {
    await deps.client.command({
      query: inDatabase(deps, `SYSTEM SYNC REPLICA${onCluster} {{db}}.${table} LIGHTWEIGHT`),
      clickhouse_settings: { wait_end_of_query: 1 },
    });
  }
}

/**
 * Rewrites the parts that hold such rows, and waits for it on every replica. The statement is kept by the server, so it must not
 * name the subject.
 */
export async function deleteRows(deps: RowsDeps, table: string, where: string): Promise<void> {
  const onCluster = deps.cluster === undefined ? '' : ` ON CLUSTER \`${deps.cluster}\``;
  await runUnlogged(
    deps,
    `ALTER TABLE {{db}}.${table}${onCluster} DELETE WHERE ${where}
     SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1`,
  );
}

/** Runs a statement without parameters. It must not name the subject. */
export async function runUnlogged(deps: RowsDeps, sql: string, settings: ClickHouseSettings = {}): Promise<void> {
  await deps.client.command({
    query: inDatabase(deps, sql),
    clickhouse_settings: { ...UNLOGGED_SETTINGS, ...settings },
  });
}
