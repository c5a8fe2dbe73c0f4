import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { oneServer } from 'qcc-clickhouse/failover';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { NAME_COLUMNS, PERSONAL_COLUMNS } from 'qcc-clickhouse/personal-columns';
import { eraseDeadLetter, redactRow } from 'qcc-clickhouse/rows/erase-row';
import type { DeadLetterRow } from 'qcc-clickhouse/rows/to-dead-letter-row';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import { APOSTROPHES, BLANKS, foldName, nameParts, POINTS } from 'qcc-evidence/erasure/person-name';
import type { ErasureSubject } from 'qcc-evidence/erasure/subject';
import { CommandFailure } from '../terminal.ts';

export type RowsDeps = { client: ClickHouseClient; database: string; cluster?: string | undefined };

export type RowsInput = {
  subject: ErasureSubject;
  erasureId: string;
  /** Knows of this erasure already. */
  eraser: Eraser;
  dryRun: boolean;
};

export type ErasedRows = { occurrences: number; deadLetters: number };

const INSERT_ROWS = 5_000;
/** Of what a mutation lists: ClickHouse takes statements up to 256 KiB. */
const LISTED_BYTES = 200_000;

/**
 * Removes a subject from the tables. For a company it deletes the rows and records their positions, which the ledger counts as
 * stored. For a person it replaces only the name: it inserts the rows again without it and deletes the old rows. Returns when no
 * active part on disk holds the old rows. Name and key appear in no stored statement (mutations, logs), URL or header.
 *
 * For a person it lists the old rows first and deletes exactly those. A listed row is found by its `ingested_at`, and a row that
 * is inserted again has a later one than all listed rows. So the deletion spares rows that the sink or another erasure stores
 * meanwhile, whatever the clocks of the servers say.
 *
 * Uses one server, and lets it catch up with the other replicas first.
 * @throws CommandFailure, and the client's errors: the call can be repeated.
 */
export async function eraseRows(given: RowsDeps, input: RowsInput): Promise<ErasedRows> {
  const deps = { ...given, client: await oneServer(given.client) };
  await catchUp(deps, ['record_history', 'record_current', 'dead_letters'], 'here');
  const { erasureId, dryRun } = input;
  const { person } = input.subject;
  const occurrences = person === undefined ? await findRecords(deps, input) : await findNames(deps, input, person);
  const deadLetters = await eraseDeadLetters(deps, input);
  if (dryRun || occurrences.length === 0) return { occurrences: occurrences.length, deadLetters };

  const extent = person === undefined ? 'RECORD' : 'NAME';
  for (let at = 0; at < occurrences.length; at += INSERT_ROWS) {
    const rows = occurrences.slice(at, at + INSERT_ROWS).map((each) => ({ ...each, erasure_id: erasureId, extent }));
    await insertAnew(deps, 'erased_occurrences', rows);
  }
  const meant = `(account, order_no, revision, position) IN (
    SELECT account, order_no, revision, position FROM {{db}}.erased_occurrences WHERE erasure_id = '${erasureId}'
  )`;
  if (person === undefined) {
    // Each replica looks at its own rows of this table.
    await catchUp(deps, ['erased_occurrences'], 'everywhere');
    for (const table of RECORD_TABLES) await deleteRows(deps, table, meant);
  } else await replaceNames(deps, input, meant);
  return { occurrences: occurrences.length, deadLetters };
}

const RECORD_TABLES = ['record_history', 'record_current'] as const;

type OccurrenceRow = { account: string; order_no: string; revision: number; position: number };

/** Of a company, all occurrences. */
const findRecords = (deps: RowsDeps, { subject: { account, company } }: RowsInput): Promise<OccurrenceRow[]> => {
  const ofCompany = 'account = {account: String} AND corp_key_no = {company: String}';
  return query<OccurrenceRow>(
    deps,
    `SELECT DISTINCT account, order_no, revision, position FROM (
       SELECT * FROM {{db}}.record_history WHERE ${ofCompany}
       UNION ALL SELECT * FROM {{db}}.record_current WHERE ${ofCompany}
     )`,
    { account, company: company ?? '' },
  );
};

/** Of a person, those in which the eraser finds the name: the statement alone finds it in longer words and in keys, too. */
async function findNames(
  deps: RowsDeps,
  { subject: { account, company }, eraser }: RowsInput,
  person: string,
): Promise<OccurrenceRow[]> {
  const columns = `account, corp_key_no, order_no, revision, position, ${NAME_COLUMNS.join(', ')}`;
  const found = `account = {account: String}
    ${company === undefined ? '' : 'AND corp_key_no = {company: String}'} AND ${mentions(NAME_COLUMNS)}`;
  const occurrences = new Map<string, OccurrenceRow>();
  const rows = streamRows<OccurrenceRow & { corp_key_no: string }>(
    deps,
    `SELECT ${columns} FROM {{db}}.record_history WHERE ${found}
     UNION ALL SELECT ${columns} FROM {{db}}.record_current WHERE ${found}`,
    { account, company: company ?? '', ...needles(person) },
  );
  for await (const row of rows) {
    if (redactRow(eraser, row) === row) continue;
    const { order_no, revision, position } = row;
    occurrences.set(JSON.stringify([order_no, revision, position]), { account, order_no, revision, position });
  }
  return [...occurrences.values()];
}

/** `ingestedAt` and `version` are texts: a number would lose digits. */
type StoredOccurrence = OccurrenceRow & { version: string; ingestedAt: string };

/** Inserts the rows again without the name, and deletes those that it replaced. */
async function replaceNames(deps: RowsDeps, input: RowsInput, meant: string): Promise<void> {
  const stored = await query<StoredOccurrence>(
    deps,
    RECORD_TABLES.map(
      (table) => `
        SELECT
          account, order_no, revision, position,
          toString(version) AS version, toString(ingested_at) AS ingestedAt
        FROM {{db}}.${table} WHERE ${meant}`,
    ).join(' UNION DISTINCT '),
    {},
  );
  await rewriteNames(deps, input, { meant, mark: await markAfter(deps, stored) });
  const listed = stored.map(
    ({ account, order_no, revision, position, version, ingestedAt }) =>
      `(${literal(account)}, ${literal(order_no)}, ${revision}, ${position}, '${version}', '${ingestedAt}')`,
  );
  const columns = '(account, order_no, revision, position, toString(version), toString(ingested_at))';
  for (const part of inParts(listed)) {
    for (const table of RECORD_TABLES) await deleteRows(deps, table, `${columns} IN (${part})`);
  }
}

/**
 * Those rows have the same keys and versions, and the last insert wins a tie. Rows of a company that was erased meanwhile are left
 * out: the deletion of that run does not reach rows that are inserted after it has begun.
 */
async function rewriteNames(
  deps: RowsDeps,
  { eraser }: RowsInput,
  { meant, mark }: { meant: string; mark: string },
): Promise<void> {
  let gathered: object[] = [];
  const flush = async () => {
    await insertAnew(deps, 'record_history', gathered);
    gathered = [];
  };
  const rows = streamRows<{ account: string; corp_key_no: string }>(
    deps,
    `SELECT * EXCEPT (ingested_at, ingested_day) FROM {{db}}.record_history WHERE ${meant}`,
    {},
  );
  for await (const row of rows) {
    if (eraser.covers({ account: row.account, corpKeyNo: row.corp_key_no }) !== null) continue;
    gathered.push({ ...redactRow(eraser, row), ingested_at: mark });
    if (gathered.length >= INSERT_ROWS) await flush();
  }
  await flush();
}

type StoredDeadLetter = DeadLetterRow & {
  source_topic: string;
  source_partition: number;
  source_offset: string;
  ingestedAt: string;
};

/** @returns how many dead letters hold it. */
async function eraseDeadLetters(deps: RowsDeps, { subject, eraser, dryRun }: RowsInput): Promise<number> {
  const { account, company, person } = subject;
  const meant = [
    ...(company === undefined ? [] : ["key = {company: String} OR position(ifNull(value, ''), {company: String}) > 0"]),
    ...(person === undefined ? [] : [mentions(PERSONAL_COLUMNS.dead_letters!)]),
    "value_encoding = 'base64'",
  ];
  // Without FINAL: a row that was stored twice may be on disk twice.
  const stored = await query<StoredDeadLetter>(
    deps,
    `SELECT * EXCEPT (ingested_at, ingested_day), toString(ingested_at) AS ingestedAt FROM {{db}}.dead_letters
     WHERE account = {account: String} AND (${meant.join(' OR ')})`,
    { account, company: company ?? '', ...needles(person ?? '') },
  );
  const changed = stored.flatMap(({ ingestedAt, ...row }) => {
    const after = eraseDeadLetter(eraser, row);
    return after === row ? [] : [{ ...row, ...after, ingestedAt }];
  });
  const placeOf = ({ source_topic, source_partition, source_offset }: (typeof changed)[number]) =>
    `${literal(source_topic)}, ${source_partition}, ${source_offset}`;
  const count = new Set(changed.map(placeOf)).size;
  if (dryRun || count === 0) return count;
  const mark = await markAfter(deps, changed);
  await insertAnew(
    deps,
    'dead_letters',
    changed.map(({ ingestedAt: _, ...row }) => ({ ...row, ingested_at: mark })),
  );
  const columns = '(source_topic, source_partition, source_offset, toString(ingested_at))';
  for (const part of inParts(changed.map((row) => `(${placeOf(row)}, '${row.ingestedAt}')`))) {
    await deleteRows(deps, 'dead_letters', `${columns} IN (${part})`);
  }
  return count;
}

/** Whether one of the columns holds the name, in whatever field and word; the eraser looks closer. */
const mentions = (columns: readonly string[]): string =>
  `match(normalizeUTF8NFC(toValidUTF8(concat(${columns.map((column) => `ifNull(toString(${column}), ''), '\\n'`).join(', ')}))), {name: String})`;

/**
 * A pattern of the name, each character as it is or escaped as in JSON: encoders escape some only. ClickHouse writes an
 * apostrophe within a map or an array with a backslash before it.
 */
const needles = (person: string) => ({
  name: nameParts(foldName(person))
    .map(({ folded }) => `(?:${formsOf(folded).map(rawOrEscaped).join('|')})`)
    .join(''),
});

/** What a character of a folded name may have been: another point or blank, or a letter whose marks stand apart. */
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

/** Rows that the table held before: one that it refuses now is the table's fault. @throws CommandFailure */
const insertAnew = async (deps: RowsDeps, table: string, rows: readonly object[]): Promise<void> => {
  try {
    await insertRows(deps, { table, rows, maxRefused: 0 });
  } catch (cause) {
    throw new CommandFailure('not everything was erased: run `qcc doctor`; erase may be begun again', { cause });
  }
};

/**
 * How a subject gets to ClickHouse: in the body, as neither server nor proxy logs that. The query log of the server leaves
 * these statements out.
 */
const UNLOGGED = { use_multipart_params: true } as const;
const UNLOGGED_SETTINGS = { log_queries: 0 } as const;

const inDatabase = ({ database }: RowsDeps, sql: string) => sql.replaceAll('{{db}}', `\`${database}\``);

const ask = (deps: RowsDeps, sql: string, params: Record<string, unknown>, settings: ClickHouseSettings) =>
  deps.client.query({
    query: inDatabase(deps, sql),
    query_params: params,
    format: 'JSONEachRow',
    ...UNLOGGED,
    clickhouse_settings: { ...UNLOGGED_SETTINGS, ...settings },
  });

async function query<Row>(deps: RowsDeps, sql: string, params: Record<string, unknown>): Promise<Row[]> {
  const result = await ask(deps, sql, params, { output_format_json_quote_64bit_integers: 0 });
  return await result.json<Row>();
}

async function* streamRows<Row>(deps: RowsDeps, sql: string, params: Record<string, unknown>): AsyncGenerator<Row> {
  const exact = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1 } as const;
  const result = await ask(deps, sql, params, exact);
  for await (const rows of result.stream()) for (const each of rows) yield JSON.parse(each.text) as Row;
}

/** An `ingested_at` that is later than those of all listed rows, even if they come from a server whose clock is ahead. */
async function markAfter(deps: RowsDeps, listed: readonly { ingestedAt: string }[]): Promise<string> {
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

const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** Items of a list, comma-separated, in parts that a statement can hold. */
function inParts(items: readonly string[]): string[] {
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

/** Has one replica, or each, fetch all that others have acknowledged. A single server has it. */
async function catchUp(deps: RowsDeps, tables: readonly string[], where: 'here' | 'everywhere'): Promise<void> {
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
async function deleteRows(deps: RowsDeps, table: string, where: string): Promise<void> {
  const onCluster = deps.cluster === undefined ? '' : ` ON CLUSTER \`${deps.cluster}\``;
  await deps.client.command({
    query: inDatabase(
      deps,
      `ALTER TABLE {{db}}.${table}${onCluster} DELETE WHERE ${where}
       SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1`,
    ),
    clickhouse_settings: { ...UNLOGGED_SETTINGS, wait_end_of_query: 1 },
  });
}
