import { oneServer } from 'qcc-clickhouse/failover';
import { DERIVED_TABLES } from 'qcc-clickhouse/migrate/derivation';
import { nameColumnsOf, PERSONAL_COLUMNS } from 'qcc-clickhouse/personal-columns';
import { eraseDeadLetter, redactRow } from 'qcc-clickhouse/rows/erase-row';
import { readServerTime } from 'qcc-clickhouse/rows/follow-up-derivations';
import type { DeadLetterRow } from 'qcc-clickhouse/rows/to-dead-letter-row';
import type { RecordIdentity } from 'qcc-core/kafka/messages/erased-record';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { ErasureSubject } from 'qcc-evidence/erasure/subject';
import {
  AMENDMENTS,
  CUSTOMER_TABLES,
  derivesCompany,
  ERASING,
  eraseDerived,
  findDerivedNames,
  noteCompanies,
  type UntilSinkPassed,
} from './erase-derived.ts';
import {
  catchUp,
  deleteRows,
  inParts,
  insertAnew,
  literal,
  markAfter,
  mentions,
  needles,
  query,
  type RowsDeps,
  streamRows,
} from './unlogged-statements.ts';

export type RowsInput = {
  subject: ErasureSubject;
  erasureId: string;
  /** Knows of this erasure already. */
  eraser: Eraser;
  dryRun: boolean;
  /**
   * Gets the records that name the person, each once, before a row of them changes: a run that is repeated does not find the rows
   * that were changed.
   */
  announce?: (records: readonly RecordIdentity[]) => Promise<void>;
  untilSinkPassed?: UntilSinkPassed;
};

export type ErasedRows = { occurrences: number; deadLetters: number };

const INSERT_ROWS = 5_000;

/**
 * Removes a subject from the tables. For a company it deletes the rows and records their positions, which the ledger counts as
 * stored. For a person it replaces only the name: it inserts the rows again without it and deletes the old rows. Returns when no
 * active part on disk holds the old rows. Name and key appear in no stored statement (mutations, logs), URL or header.
 *
 * For a person it lists the old rows first and deletes exactly those. A listed row is found by its `ingested_at`, and a row that
 * is inserted again has a later one than all listed rows. So the deletion spares rows that the sink or another erasure stores
 * meanwhile, whatever the clocks of the servers say.
 *
 * Tables that are derived from the records follow, see `eraseDerived`. Call it after `eraseMemberRows`, because that needs what
 * this deletes, and this fills the tables of customers again.
 *
 * Uses one server, and lets it catch up with the other replicas first.
 * @throws CommandFailure, and the client's errors: the call can be repeated.
 */
export async function eraseRows(given: RowsDeps, input: RowsInput): Promise<ErasedRows> {
  const deps = { ...given, client: await oneServer(given.client) };
  await catchUp(
    deps,
    [...RECORD_TABLES, ...DERIVED_TABLES, ...CUSTOMER_TABLES, AMENDMENTS, ERASING, 'dead_letters'],
    'here',
  );
  const { erasureId, eraser, dryRun, untilSinkPassed = async () => {} } = input;
  const { account, person } = input.subject;
  const { occurrences, companies, named } =
    person === undefined ? await findCompany(deps, input) : await findNames(deps, input, person);
  const deadLetters = await eraseDeadLetters(deps, input);
  if (dryRun) return { occurrences: occurrences.length, deadLetters };
  if (named.length > 0) await input.announce?.(named);
  const keepsRecords = (corpKeyNo: string) => eraser.covers({ account, corpKeyNo }) === null;
  const since = await readServerTime(deps);
  await noteCompanies(deps, { erasureId, account, companies, keepsRecords, untilSinkPassed });
  if (occurrences.length > 0) await eraseOccurrences(deps, input, occurrences);
  await eraseDerived(deps, { account, erasureId, since, untilSinkPassed });
  return { occurrences: occurrences.length, deadLetters };
}

/** In the order in which a record reaches them. */
const RECORD_TABLES = ['record_history', 'record_current', 'change_log'] as const;

type OccurrenceRow = { account: string; order_no: string; revision: number; position: number };
type Found = {
  occurrences: readonly OccurrenceRow[];
  companies: ReadonlySet<string>;
  /** Records of which only a name goes, each once. */
  named: readonly RecordIdentity[];
};

/** Finds all occurrences of a company. */
async function findCompany(deps: RowsDeps, { subject }: RowsInput): Promise<Found> {
  const { account, company = '' } = subject;
  const selects = RECORD_TABLES.map(
    (table) => `SELECT account, order_no, revision, position FROM {{db}}.${table}
      WHERE account = {account: String} AND corp_key_no = {company: String}`,
  );
  const params = { account, company };
  const sql = `SELECT DISTINCT account, order_no, revision, position FROM (${selects.join(' UNION ALL ')})`;
  const occurrences = await query<OccurrenceRow>(deps, sql, params);
  const isFound = occurrences.length > 0 || (await derivesCompany(deps, subject));
  return { occurrences, companies: new Set(isFound ? [company] : []), named: [] };
}

/** Finds the occurrences in which the eraser confirms the name. The SQL pattern alone also matches longer words and keys. */
async function findNames(deps: RowsDeps, { subject, eraser }: RowsInput, person: string): Promise<Found> {
  const { account, company } = subject;
  const occurrences = new Map<string, OccurrenceRow>();
  const named = new Map<string, RecordIdentity>();
  const companies = await findDerivedNames(deps, subject, eraser);
  for (const table of RECORD_TABLES) {
    const columns = nameColumnsOf(table);
    const rows = streamRows<OccurrenceRow & { corp_key_no: string; id: string }>(
      deps,
      `SELECT account, corp_key_no, id, order_no, revision, position, ${columns.join(', ')} FROM {{db}}.${table}
       WHERE account = {account: String}
         ${company === undefined ? '' : 'AND corp_key_no = {company: String}'} AND ${mentions(columns)}`,
      { account, company: company ?? '', ...needles(person) },
    );
    for await (const row of rows) {
      if (redactRow(eraser, row) === row) continue;
      const { corp_key_no, id, order_no, revision, position } = row;
      named.set(JSON.stringify([corp_key_no, id]), { account, corpKeyNo: corp_key_no, id });
      occurrences.set(JSON.stringify([order_no, revision, position]), { account, order_no, revision, position });
      companies.add(corp_key_no);
    }
  }
  return { occurrences: [...occurrences.values()], companies, named: [...named.values()] };
}

/** Records which rows are meant, and deletes or rewrites those. */
async function eraseOccurrences(
  deps: RowsDeps,
  input: RowsInput,
  occurrences: readonly OccurrenceRow[],
): Promise<void> {
  const { erasureId, subject } = input;
  const extent = subject.person === undefined ? 'RECORD' : 'NAME';
  for (let at = 0; at < occurrences.length; at += INSERT_ROWS) {
    const rows = occurrences.slice(at, at + INSERT_ROWS).map((each) => ({ ...each, erasure_id: erasureId, extent }));
    await insertAnew(deps, 'erased_occurrences', rows);
  }
  const meant = `(account, order_no, revision, position) IN (
    SELECT account, order_no, revision, position FROM {{db}}.erased_occurrences WHERE erasure_id = '${erasureId}'
  )`;
  if (subject.person !== undefined) return await replaceNames(deps, input, meant);
  // Each replica looks at its own rows of this table.
  await catchUp(deps, ['erased_occurrences'], 'everywhere');
  for (const table of RECORD_TABLES) await deleteRows(deps, table, meant);
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
 * The rewritten rows have the same keys and versions as the old ones. If versions are equal, the last insert wins. Rows of a company
 * that was erased meanwhile are left out: the deletion of that run does not reach rows that are inserted after it has begun.
 */
async function rewriteNames(
  deps: RowsDeps,
  { eraser }: RowsInput,
  { meant, mark }: { meant: string; mark: string },
): Promise<void> {
  let gathered: object[] = [];
  const flush = async () => {
    await insertAnew(deps, 'record_history', gathered);
    await insertAnew(deps, 'record_derivations', gathered);
    gathered = [];
  };
  const rows = streamRows<{ account: string; corp_key_no: string; corp_name: string | null }>(
    deps,
    `SELECT * EXCEPT (ingested_at, ingested_day) FROM {{db}}.record_history WHERE ${meant}`,
    {},
  );
  for await (const row of rows) {
    if (eraser.covers({ account: row.account, corpKeyNo: row.corp_key_no }) !== null) continue;
    const redacted = redactRow(eraser, row);
    const pseudonym = redacted.corp_name === row.corp_name ? {} : { owner_pseudonym: null };
    gathered.push({ ...redacted, ...pseudonym, ingested_at: mark });
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
