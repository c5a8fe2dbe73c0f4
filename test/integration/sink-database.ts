import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import pRetry from 'p-retry';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import {
  ClickHouseUnavailableError,
  type InsertDeps,
  insertRows,
  type RefusedRow,
} from 'qcc-clickhouse/insert/insert-rows';
import { toOrderEventRow } from 'qcc-clickhouse/rows/fact-rows';
import { insertRecords } from 'qcc-clickhouse/rows/insert-records';
import type { Place } from 'qcc-clickhouse/rows/lineage';
import type { RecordRow } from 'qcc-clickhouse/rows/write-records';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { avroType } from 'qcc-core/avro/types';
import type { EnrichedRecord, OrderEvent } from 'qcc-core/contract/domain';
import { packVersion } from 'qcc-core/contract/version';
import { changeRecord } from 'qcc-core/testing/change-record';
import { NO_LISTS } from 'qcc-details/details';
import { debtorRow } from 'qcc-details/testing/details';
import { writeServiceSettings } from 'sink/watch/watch-ledger';
import { makeMigratedDatabase } from '../harness/migrated-database.ts';

export const connect = (url: string): ClickHouseClient => createClickHouse(asDefaultUser(url));

export const freshName = (): string => `sink_${randomUUID().replaceAll('-', '')}`;

export type SinkDatabase = InsertDeps &
  AsyncDisposable & {
    /** Rows of a statement in which `{{db}}` stands for the database. */
    rows<Row = Record<string, unknown>>(query: string): Promise<Row[]>;
    insert(table: string, rows: readonly object[]): Promise<void>;
    /** Truncates all tables, which is faster than a new database. A mutation may start late after that. */
    empty(): Promise<void>;
  };

/** Orders of tests happen on fixed days, so that they are overdue only where a test says so. */
const NEVER_MS = 10 ** 13;

/** A migrated database of its own, dropped at the end. */
export async function openSinkDatabase(url: string, deadlineMs = NEVER_MS): Promise<SinkDatabase> {
  const client = connect(url);
  const database = freshName();
  await makeMigratedDatabase(client, database);
  const writeSettings = () => writeServiceSettings({ client, database }, { ORDER_DEADLINE_MS: deadlineMs });
  await writeSettings();
  return {
    client,
    database,
    rows: async <Row>(query: string) => {
      const result = await client.query({
        query: query.replaceAll('{{db}}', database),
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      return result.json<Row>();
    },
    insert: async (table, rows) => {
      const deps = { client, database };
      // A connection that the server has just closed fails one insert. The sink tries again, too.
      const refused = await pRetry<RefusedRow<object>[]>(
        () =>
          table === 'record_history'
            ? insertRecords(deps, rows as readonly RecordRow[]).then((inserted) => Object.values(inserted).flat())
            : insertRows(deps, { table, rows }),
        {
          retries: 3,
          minTimeout: 100,
          shouldRetry: ({ error }) => error instanceof ClickHouseUnavailableError,
        },
      );
      if (refused.length > 0) throw new Error(`${table} refused ${refused[0]?.message}`);
    },
    async empty() {
      await client.command({ query: `TRUNCATE TABLES FROM ${database} NOT LIKE 'record\\_%s'` });
      await writeSettings();
    },
    async [Symbol.asyncDispose]() {
      await client.command({ query: `DROP DATABASE ${database} SYNC` });
      await client.close();
    },
  };
}

const PUSH_DATE = Date.parse('2026-11-24T10:00:00+08:00');

export const DAY_MS = 86_400_000;
/** A day as `changeDate` and `eventDate` have it: days since 1970. */
export const day = (date: string): number => Date.parse(date) / DAY_MS;

export type RecordFields = Partial<EnrichedRecord['record']> &
  Partial<
    Pick<
      EnrichedRecord,
      | 'detailStatus'
      | 'detailReason'
      | 'detailsFetchedAt'
      | 'detailsTruncated'
      | 'detailsComplete'
      | 'exceptions'
      | 'seriousViolations'
      | 'dishonestDebtors'
    >
  > &
  Partial<Pick<RecordRow, 'pseudonym'>>;

/** What becomes a row of `record_history`, with the version its parts give it. */
export function recordRow(occurrence: RecordFields): RecordRow {
  const {
    detailStatus = 'NOT_APPLICABLE',
    detailReason = null,
    detailsFetchedAt = null,
    detailsTruncated = false,
    detailsComplete = detailsFetchedAt === null ? null : true,
    exceptions = [],
    seriousViolations = [],
    dishonestDebtors = [],
    pseudonym = null,
    ...fields
  } = occurrence;
  const record = changeRecord({
    id: 'r1',
    corpKeyNo: 'k1',
    corpName: '示例商行',
    category: '1',
    categoryName: '高风险信息',
    changeContent: '被列入经营异常',
    changeDate: 20_000,
    checkId: null,
    orderNo: 'DD1',
    pushDate: PUSH_DATE,
    archiveSha256: 'ab',
    ...fields,
  });
  const version = packVersion({ ...record, settled: detailStatus !== 'PENDING', fetchedAt: detailsFetchedAt });
  const enriched: EnrichedRecord = {
    record,
    detailStatus,
    detailReason,
    detailsFetchedAt,
    detailsTotal: null,
    detailsTruncated,
    detailsComplete,
    detailsIncompleteReason: null,
    detailsOddRows: 0,
    ...NO_LISTS,
    exceptions,
    seriousViolations,
    dishonestDebtors,
    version,
  };
  const place: Place = {
    topic: 'enriched-records',
    partition: 0,
    offset: String(record.position),
    timestamp: String(PUSH_DATE + (detailsFetchedAt ?? 0)),
  };
  return { body: avroType('enriched-records').toBuffer(enriched), pseudonym, place };
}

/** A row of details of type 11, empty but for what is given. */
export const debtor = debtorRow;

let offset = 0;

/** A row of `order_events`; each has a place of its own on the topic. */
export function eventRow(event: Partial<OrderEvent> & Pick<OrderEvent, 'stage'>) {
  offset += 1;
  return toOrderEventRow(
    {
      account: 'main',
      orderNo: 'DD1',
      revision: 0,
      at: PUSH_DATE + offset,
      positions: [],
      source: null,
      pushDate: null,
      declared: null,
      archiveSha256: null,
      unconfirmed: false,
      reason: null,
      ...event,
    },
    { topic: 'order-events', partition: 0, offset: String(offset), timestamp: String(PUSH_DATE + offset) },
  );
}

/** The facts of an order that was extracted: which range of positions was parsed, and which were rejected. */
export const extractedOrder = (
  order: Partial<OrderEvent>,
  parsed?: readonly [first: number, last: number],
  rejected: readonly number[] = [],
) => [
  eventRow({ ...order, stage: 'RECEIVED', source: 'callback', declared: null }),
  eventRow({ ...order, stage: 'EXTRACTING' }),
  ...(parsed ? [eventRow({ ...order, stage: 'PARSED', positions: [{ first: parsed[0], last: parsed[1] }] })] : []),
  ...rejected.map((position) =>
    eventRow({ ...order, stage: 'REJECTED', positions: [{ first: position, last: position }] }),
  ),
  eventRow({ ...order, stage: 'EXTRACTED' }),
];
