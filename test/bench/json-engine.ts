import { migrate } from 'qcc-clickhouse/migrate/migrate';
import type { TestBed } from '../harness/pipeline.ts';

/** ClickHouse's own Kafka engine over JSON, feeding the same tables in a database of its own. Disposing drops it. */
export type JsonEngine = AsyncDisposable & {
  group: string;
  /** Visible in the history. */
  rows(): Promise<number>;
};

const FIELDS = ['id', 'corpKeyNo', 'corpName', 'type', 'typeName', 'category', 'categoryName', 'changeContent']
  .concat(['changeExtend', 'changeDate', 'checkId', 'creditCode', 'regNo'])
  .map((name) => `${name} Nullable(String)`);

/** Tuned as the one over Avro is; what of a row the archive does not say is left at its default. */
export async function createJsonEngine(
  bed: TestBed,
  { database, topic }: { database: string; topic: string },
): Promise<JsonEngine> {
  const { clickhouse } = bed;
  const group = `${topic}.engine`;
  await migrate(clickhouse, { database, mode: 'apply' });
  await clickhouse.command({
    query: `CREATE TABLE ${database}.feed (${FIELDS.join(', ')}) ENGINE = Kafka SETTINGS
      kafka_broker_list = '${bed.stack.KAFKA_BROKERS}', kafka_topic_list = '${topic}', kafka_group_name = '${group}',
      kafka_format = 'JSONEachRow', kafka_num_consumers = 2, kafka_thread_per_consumer = 1,
      kafka_max_block_size = 65536, kafka_poll_max_batch_size = 65536, kafka_flush_interval_ms = 1000`,
  });
  await clickhouse.command({
    query: `CREATE MATERIALIZED VIEW ${database}.feed_rows TO ${database}.record_history AS
      SELECT 'main' AS account, assumeNotNull(corpKeyNo) AS corp_key_no, assumeNotNull(f.id) AS id, corpName AS corp_name,
        assumeNotNull(f.type) AS type, typeName AS type_name, f.category AS category, categoryName AS category_name,
        changeContent AS change_content, changeExtend AS change_extend,
        toDate32OrNull(JSONExtractString(ifNull(changeExtend, ''), 'date')) AS event_date,
        toDate32OrNull(ifNull(changeDate, '')) AS change_date, nullIf(checkId, '') AS check_id,
        nullIf(creditCode, '') AS credit_code, nullIf(regNo, '') AS reg_no, 'shell' AS order_no,
        toUInt32(_partition * 1000000 + _offset) AS position, now64(3) AS push_date, 'NOT_APPLICABLE' AS detail_status,
        toUInt256(_offset) AS version, _topic AS source_topic, _partition AS source_partition, _offset AS source_offset
      FROM ${database}.feed AS f`,
  });
  return {
    group,
    async rows() {
      const [row] = await bed.query<{ n: number }>(`SELECT count() AS n FROM ${database}.record_history`);
      return row?.n ?? 0;
    },
    async [Symbol.asyncDispose]() {
      await clickhouse.command({ query: `DROP DATABASE ${database} SYNC` });
    },
  };
}
