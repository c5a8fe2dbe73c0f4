import type { Settings } from 'qcc-core/settings';
import { createClickHouse } from 'sink/create-clickhouse';
import { CommandFailure } from './terminal.ts';

type ReadSettings = Settings<
  'CLICKHOUSE_URL' | 'CLICKHOUSE_USER' | 'CLICKHOUSE_PASSWORD' | 'CLICKHOUSE_CA_FILE' | 'CLICKHOUSE_DATABASE'
>;

/**
 * The rows of a query in which `{{view}}` stands for a view of the pipeline's database; 64-bit integers are numbers.
 * @throws CommandFailure where ClickHouse does not answer or the view is not there.
 */
export async function readView<Row>(
  settings: ReadSettings,
  input: { view: string; query: string; params: Record<string, unknown> },
): Promise<Row[]> {
  await using clickhouse = createClickHouse(settings);
  try {
    const result = await clickhouse.query({
      query: input.query.replaceAll('{{view}}', `\`${settings.CLICKHOUSE_DATABASE}\`.${input.view}`),
      query_params: input.params,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return await result.json<Row>();
  } catch (error) {
    throw new CommandFailure(
      `the view ${settings.CLICKHOUSE_DATABASE}.${input.view} cannot be read; \`qcc doctor\` says what is missing`,
      { cause: error },
    );
  }
}
