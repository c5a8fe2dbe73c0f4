import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
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

/**
 * Takes a subject out of the tables. Rows of a company go, and their positions are written down, which the ledger counts as
 * stored; of a person only the name goes: such rows are written anew, and those from before are deleted. Returns once the
 * old ones are off the disk's current parts. No statement that is kept (mutations, logs), no URL and no header holds name or key.
 * @throws CommandFailure, and what the client throws: it may be begun again.
 */
export async function eraseRows(deps: RowsDeps, input: RowsInput): Promise<ErasedRows> {
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
  const startedAt = person === undefined ? null : await now(deps);
  if (startedAt !== null) await rewriteNames(deps, input, meant);
  for (const table of ['record_history', 'record_current']) {
    await deleteRows(deps, table, `${meant}${startedAt === null ? '' : ` AND ingested_at < '${startedAt}'`}`);
  }
  return { occurrences: occurrences.length, deadLetters };
}

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

/** Writes the rows anew without the name: they have the same keys and versions, and the last insert wins a tie. */
async function rewriteNames(deps: RowsDeps, { eraser }: RowsInput, meant: string): Promise<void> {
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
    gathered.push(redactRow(eraser, row));
    if (gathered.length >= INSERT_ROWS) await flush();
  }
  await flush();
}

type StoredDeadLetter = DeadLetterRow & { source_topic: string; source_partition: number; source_offset: string };

/** @returns how many dead letters hold it. */
async function eraseDeadLetters(deps: RowsDeps, { subject, eraser, dryRun }: RowsInput): Promise<number> {
  const { account, company, person } = subject;
  const meant = [
    ...(company === undefined ? [] : ["key = {company: String} OR position(ifNull(value, ''), {company: String}) > 0"]),
    ...(person === undefined ? [] : [mentions(PERSONAL_COLUMNS.dead_letters!)]),
    "value_encoding = 'base64'",
  ];
  const startedAt = await now(deps);
  const deadLetters = await query<StoredDeadLetter>(
    deps,
    `SELECT * EXCEPT (ingested_at, ingested_day) FROM {{db}}.dead_letters FINAL
     WHERE account = {account: String} AND (${meant.join(' OR ')})`,
    { account, company: company ?? '', ...needles(person ?? '') },
  );
  const changed = deadLetters.flatMap((deadLetter) => {
    const after = eraseDeadLetter(eraser, deadLetter);
    return after === deadLetter ? [] : [after];
  });
  if (dryRun || changed.length === 0) return changed.length;
  await insertAnew(deps, 'dead_letters', changed);
  const places = changed.map((each) => `('${each.source_topic}', ${each.source_partition}, ${each.source_offset})`);
  for (let at = 0; at < places.length; at += INSERT_ROWS) {
    await deleteRows(
      deps,
      'dead_letters',
      `(source_topic, source_partition, source_offset) IN (${places.slice(at, at + INSERT_ROWS).join(', ')})
       AND ingested_at < '${startedAt}'`,
    );
  }
  return changed.length;
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

/** The server's time, as it stands in `ingested_at`. */
async function now(deps: RowsDeps): Promise<string> {
  const [row] = await query<{ now: string }>(deps, "SELECT toString(now64(3, 'Asia/Shanghai')) AS now", {});
  if (!row) throw new CommandFailure('ClickHouse does not say what time it is');
  return row.now;
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
