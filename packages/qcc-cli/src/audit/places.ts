import { redactRow } from 'qcc-clickhouse/rows/erase-row';
import { ignoreUndecodable } from 'qcc-core/avro/codec';
import type { TopicValues } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { compareVersions } from 'qcc-core/contract/version';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { ClickHouseSide } from '../connect-clickhouse.ts';
import type { KafkaSide } from '../connect-kafka.ts';
import { REPLAY_HEADER } from '../dead-letters/replay-dead-letters.ts';
import {
  COLUMNS,
  digestRecord,
  digestRow,
  digestTruncatedRow,
  type OccurrenceDigest,
  type RowColumns,
} from './occurrence.ts';
import { toChangeColumns, toDetailColumns } from './record-columns.ts';

/** Whose occurrences: of one order, or of all orders of the account. */
export type AuditScope = { account: string; orderNo?: string | undefined };

/** Topics and archives keep names that were erased from the table: all are compared without them. */
export type Redactor = Pick<Eraser, 'redact'>;

/** What a place holds, by order and revision, and by position. */
export type Holdings = Map<string, Map<number, OccurrenceDigest>>;

export const revisionKey = (orderNo: string, revision: number): string => JSON.stringify([orderNo, revision]);

/** Reads `records`; each message counts as a copy. */
export async function readRecords(kafkaSide: KafkaSide, scope: AuditScope, eraser: Redactor): Promise<Holdings> {
  const holdings: Holdings = new Map();
  await readValues(kafkaSide, 'records', (record, copies) => {
    if (!isMeant(scope, record)) return;
    const known = findOrMake(holdings, record).get(record.position);
    const digest = digestRecord(redactRow(eraser, toChangeColumns(record)));
    findOrMake(holdings, record).set(record.position, { copies: (known?.copies ?? 0) + copies, digest });
  });
  return holdings;
}

/**
 * Reads `enriched-records` and keeps the greatest version of each occurrence. One pending and one settled message are expected;
 * further ones count as copies.
 */
export async function readEnriched(kafkaSide: KafkaSide, scope: AuditScope, eraser: Redactor): Promise<Holdings> {
  const holdings: Map<
    string,
    Map<number, OccurrenceDigest & { pending: number; settled: number; version: Uint8Array }>
  > = new Map();
  await readValues(kafkaSide, 'enriched-records', (enriched, copies) => {
    const { record, ...details } = enriched;
    if (!isMeant(scope, record)) return;
    const positions = findOrMake(holdings, record);
    const known = positions.get(record.position);
    const isPending = enriched.detailStatus === 'PENDING';
    const pending = (known?.pending ?? 0) + (isPending ? copies : 0);
    const settled = (known?.settled ?? 0) + (isPending ? 0 : copies);
    const digest = enriched.detailsTruncated ? digestTruncatedRow : digestRow;
    const newest =
      known && compareVersions(known.version, enriched.version) > 0
        ? known
        : {
            digest: digest(redactRow(eraser, { ...toChangeColumns(record), ...toDetailColumns(details) })),
            // A copy: the message's own bytes are a part of a whole fetch and would keep it in memory.
            version: Uint8Array.from(enriched.version),
          };
    positions.set(record.position, { ...newest, copies: Math.max(pending, settled), pending, settled });
  });
  return holdings;
}

/** Reads `record_history` with FINAL. Rows that remain at one position differ in company, id or push date. */
export async function readHistory({ client, database }: ClickHouseSide, scope: AuditScope): Promise<Holdings> {
  const result = await client.query({
    query: `
      SELECT order_no, revision, position, ${COLUMNS.join(', ')} FROM \`${database}\`.record_history FINAL
      WHERE account = {account: String} AND {orderNo: String} IN ('', order_no)`,
    query_params: { account: scope.account, orderNo: scope.orderNo ?? '' },
    format: 'JSONEachRow',
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_decimals: 1,
      date_time_output_format: 'iso',
    },
  });
  const holdings: Holdings = new Map();
  for await (const rows of result.stream()) {
    for (const { text } of rows) {
      const row = JSON.parse(text, reviveDate) as HistoryRow;
      const positions = findOrMake(holdings, { orderNo: row.order_no, revision: row.revision });
      const copies = (positions.get(row.position)?.copies ?? 0) + 1;
      positions.set(row.position, { copies, digest: digestRow(row) });
    }
  }
  return holdings;
}

type HistoryRow = RowColumns & { order_no: string; revision: number; position: number };

const DAY_MS = 86_400_000;

/** Dates as the sink gives them to ClickHouse: instants in milliseconds, days in days, both since 1970. */
const reviveDate = (key: string, value: unknown): unknown => {
  if (!/_(date|at)$/.test(key) || typeof value !== 'string') return value;
  return value.includes('T') ? Date.parse(value) : Date.parse(value) / DAY_MS;
};

/**
 * Passes on each message that decodes. Messages that do not decode are already dead letters. A message that was replayed for a dead
 * letter does not count as a copy.
 */
async function readValues<Topic extends 'records' | 'enriched-records'>(
  { kafka, codec, settings }: KafkaSide,
  topic: Topic,
  onValue: (value: TopicValues[Topic], copies: 0 | 1) => void,
): Promise<void> {
  const prefix = settings.TOPIC_PREFIX;
  await readTopic({
    kafka,
    prefix,
    topic: topicName(prefix, topic === 'records' ? TOPICS.records : TOPICS.enrichedRecords),
    async onMessage({ value, headers }) {
      const decoded = await codec.decode(topic, value ?? Buffer.alloc(0)).catch(ignoreUndecodable);
      if (decoded !== null) onValue(decoded, headers?.[REPLAY_HEADER] ? 0 : 1);
    },
  });
}

const isMeant = (scope: AuditScope, { account, orderNo }: { account: string; orderNo: string }): boolean =>
  account === scope.account && (scope.orderNo ?? orderNo) === orderNo;

function findOrMake<Value>(
  holdings: Map<string, Map<number, Value>>,
  { orderNo, revision }: { orderNo: string; revision: number },
): Map<number, Value> {
  const key = revisionKey(orderNo, revision);
  const known = holdings.get(key);
  if (known) return known;
  const made = new Map<number, Value>();
  holdings.set(key, made);
  return made;
}
