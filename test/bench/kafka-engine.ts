import type { ClickHouseClient } from '@clickhouse/client';
import { INSERT_RECORDS } from 'qcc-clickhouse/rows/write-records';
import type { StackEnv } from '../../stack/stack.ts';

/** Of the sink's own statement: which field goes into which column, and the fields' types. */
const [, COLUMNS = '', EXPRESSIONS = '', FIELDS = ''] =
  /INSERT INTO \{\{table\}\} \(([\s\S]*?)\n\)\nSELECT\n([\s\S]*?)\nFROM input\('([\s\S]*?)'\)/.exec(INSERT_RECORDS) ??
  [];

/**
 * Table `feed` of ClickHouse's own Kafka engine, tuned by trying: what was tried stands in the decision record on inserts.
 * It reads nothing before it is attached.
 */
export async function createKafkaEngine(
  client: ClickHouseClient,
  input: { database: string; topic: string; group: string; env: StackEnv; settings?: Record<string, string | number> },
): Promise<void> {
  const { database, topic, group, env } = input;
  const settings = {
    kafka_broker_list: env.KAFKA_BROKERS,
    kafka_topic_list: topic,
    kafka_group_name: group,
    kafka_format: 'AvroConfluent',
    format_avro_schema_registry_url: env.SCHEMA_REGISTRY_URL,
    kafka_num_consumers: 2,
    kafka_thread_per_consumer: 1,
    kafka_max_block_size: 65_536,
    kafka_poll_max_batch_size: 65_536,
    kafka_flush_interval_ms: 1_000,
    ...input.settings,
  };
  const fields = FIELDS.replaceAll('`e.', '`')
    .replaceAll(/source_\w+ \w+(\(\d\))?,?/g, '')
    .replace(/owner_pseudonym Nullable\(String\),?/, '')
    .trim()
    .replace(/,$/, '');
  await client.command({
    query: `CREATE TABLE ${database}.feed (${fields}) ENGINE = Kafka SETTINGS ${Object.entries(settings)
      .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : `'${value}'`}`)
      .join(', ')}`,
  });
}

/** Begins to read: rows go into `record_history`, and by its own views into everything else, as those of the sink do. */
export async function attachKafkaEngine(client: ClickHouseClient, database: string): Promise<void> {
  const columns = COLUMNS.split(',').map((column) => column.trim());
  const expressions = EXPRESSIONS.replaceAll('`e.', '`')
    .replace('source_topic, source_partition, source_offset, source_time', '_topic, _partition, _offset, _timestamp_ms')
    .replace('owner_pseudonym', 'CAST(NULL AS Nullable(String))');
  await client.command({
    query: `CREATE MATERIALIZED VIEW ${database}.feed_rows TO ${database}.record_history
      AS SELECT * FROM (SELECT ${expressions} FROM ${database}.feed) AS row (${columns.join(', ')})`,
  });
}
