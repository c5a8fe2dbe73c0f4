import type { ClickHouseClient } from '@clickhouse/client';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { createClickHouseProbe } from 'qcc-clickhouse/require-clickhouse';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { CommandFailure, type Environment } from './terminal.ts';

export type ClickHouseSide = AsyncDisposable & {
  client: ClickHouseClient;
  database: string;
  /** Rows of a statement in which `{{db}}` stands for the database; 64-bit integers are numbers. @throws CommandFailure */
  rows<Row>(query: string, params?: Record<string, unknown>): Promise<Row[]>;
  /** The same rows as the JSON they came as: greater integers keep their digits. @throws CommandFailure */
  jsonRows(query: string, params?: Record<string, unknown>): Promise<string[]>;
};

/** The database that the environment names; the caller disposes it. */
export function connectClickHouse({ env, watch }: Environment): ClickHouseSide {
  const settings = readSettings(env, CLICKHOUSE_SETTINGS);
  watch(createClickHouseProbe(settings));
  const client = createClickHouse(settings);
  const database = settings.CLICKHOUSE_DATABASE;
  const read = async <Row>(
    query: string,
    params: Record<string, unknown>,
    parse: (json: string) => Row,
  ): Promise<Row[]> => {
    try {
      const result = await client.query({
        query: query.replaceAll('{{db}}', `\`${database}\``),
        query_params: params,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      const rows: Row[] = [];
      for await (const batch of result.stream()) rows.push(...batch.map(({ text }) => parse(text)));
      return rows;
    } catch (error) {
      throw new CommandFailure(`database ${database} cannot be read; \`npx qcc doctor\` says what is missing`, {
        cause: error,
      });
    }
  };
  return {
    client,
    database,
    rows: <Row>(query: string, params = {}) => read(query, params, (json) => JSON.parse(json) as Row),
    jsonRows: (query, params = {}) => read(query, params, (json) => json),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
