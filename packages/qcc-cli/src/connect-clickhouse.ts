import type { ClickHouseClient } from '@clickhouse/client';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/settings';
import { createClickHouse } from 'sink/create-clickhouse';
import { CommandFailure, type Terminal } from './terminal.ts';

export type ClickHouseSide = AsyncDisposable & {
  client: ClickHouseClient;
  database: string;
  /** Rows of a statement in which `{{db}}` stands for the database. @throws CommandFailure */
  rows<Row>(query: string, params?: Record<string, unknown>): Promise<Row[]>;
};

/** The database that the environment names; the caller disposes it. */
export function connectClickHouse({ env }: Pick<Terminal, 'env'>): ClickHouseSide {
  const settings = readSettings(env, CLICKHOUSE_SETTINGS);
  const client = createClickHouse(settings);
  const database = settings.CLICKHOUSE_DATABASE;
  return {
    client,
    database,
    async rows<Row>(query: string, params: Record<string, unknown> = {}) {
      try {
        const result = await client.query({
          query: query.replaceAll('{{db}}', `\`${database}\``),
          query_params: params,
          format: 'JSONEachRow',
          clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
        });
        return await result.json<Row>();
      } catch (error) {
        throw new CommandFailure(`database ${database} cannot be read; \`qcc doctor\` says what is missing`, {
          cause: error,
        });
      }
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
