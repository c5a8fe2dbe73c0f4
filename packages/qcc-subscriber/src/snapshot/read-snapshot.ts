import type { ClickHouseClient } from '@clickhouse/client';
import pRetry from 'p-retry';
import { describeError } from 'qcc-core/base/errors';
import { SnapshotError } from '../errors.ts';
import { SNAPSHOT_COLUMNS } from '../generated/snapshot-columns.ts';
import type { ChangeFilter } from '../options.ts';
import type { SnapshotRow } from './to-enriched.ts';

export type SnapshotInput = {
  client: ClickHouseClient;
  database: string;
  filter: Pick<ChangeFilter, 'accounts' | 'companies'>;
  signal: AbortSignal;
  onRetry(message: string): void;
};

/** A page is read within the limits of the role (60 s), and fits into memory. */
const PAGE_ROWS = 5_000;
/** About two minutes. */
const RETRIES = { retries: 8, minTimeout: 500, maxTimeout: 30_000, randomize: true } as const;
/** Login, rights, database, table or column: waiting does not help. */
const PERMANENT = new Set(['47', '60', '81', '192', '193', '194', '497', '516']);

/**
 * Reads the view `records`, one row for each record, in pages by account and id. Each page is at least as new as the moment of the
 * first call. Only filters that hold for all versions of a record are applied.
 * @throws SnapshotError, or the signal's reason
 */
export async function* readSnapshot(input: SnapshotInput): AsyncGenerator<SnapshotRow[]> {
  for (const { account } of await ask<{ account: string }>(input, ACCOUNTS, {})) {
    if (input.filter.accounts && !input.filter.accounts.includes(account)) continue;
    for (let after = ''; ; ) {
      const companies = input.filter.companies ?? [];
      const rows = await ask<SnapshotRow>(input, page(companies.length > 0), { account, after, companies });
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE_ROWS) break;
      after = String(rows.at(-1)?.id);
    }
  }
}

const ACCOUNTS = 'SELECT DISTINCT account FROM {{db}}.records AS r ORDER BY account';

const page = (hasCompanies: boolean): string => `
SELECT ${SNAPSHOT_COLUMNS},
  r.source_partition AS sourcePartition,
  toString(r.source_offset) AS sourceOffset,
  toUnixTimestamp64Milli(r.source_time) AS sourceTime
FROM {{db}}.records AS r
WHERE r.account = {account:String} AND r.id > {after:String}
  ${hasCompanies ? 'AND has({companies:Array(String)}, r.corp_key_no)' : ''}
ORDER BY r.account, r.id
LIMIT ${PAGE_ROWS}`;

async function ask<Row>(
  { client, database, signal, onRetry }: SnapshotInput,
  query: string,
  query_params: Record<string, unknown>,
): Promise<Row[]> {
  const quoted = `\`${database.replaceAll('`', '')}\``;
  const fetchRows = async (): Promise<Row[]> => {
    const result = await client.query({
      query: query.replaceAll('{{db}}', quoted),
      query_params,
      format: 'JSONEachRow',
      abort_signal: signal,
    });
    return await result.json<Row>();
  };
  try {
    return await pRetry(
      // p-retry does not repeat a TypeError, and a network error may be one.
      () => fetchRows().catch((cause) => Promise.reject(new Error(describeError(cause), { cause }))),
      {
        ...RETRIES,
        signal,
        shouldRetry: ({ error }) => !PERMANENT.has(codeOf(error.cause)),
        onFailedAttempt: ({ error }) => onRetry(`ClickHouse did not give the current state: ${error.message}`),
      },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw new SnapshotError(
      `the view ${database}.records cannot be read: ${describeError(error)}. The login needs the role qcc_investigator, and the database the migrations of this version`,
      { cause: error },
    );
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
