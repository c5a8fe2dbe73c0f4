import { text } from 'node:stream/consumers';
import { type AnalystQuery, readQueries } from 'qcc-clickhouse/queries/read-queries';
import { renderQuery } from 'qcc-clickhouse/queries/render-query';
import { differences, type Question, type Row } from './questions.ts';
import { ACCOUNT, DATABASE, type Reader, type ReadersEngine } from './season-pipeline.ts';

const QUERIES = new Map(readQueries().map((query) => [query.name, query]));

export type Answered = Pick<Question, 'query' | 'values' | 'compared'> & {
  reader: Reader;
  /** Rows of the right answer, and of the one that was given. */
  expected: number;
  actual: number;
  differences: string[];
};

/** Asks as this reader and compares with the truth. An analyst gets the masked views. */
export async function ask(engine: ReadersEngine, reader: Reader, question: Question): Promise<Answered> {
  const { query: name, values, compared } = question;
  const expected = (reader === 'analyst' && question.expectedMasked) || question.expected;
  const query = renderQuery(QUERIES.get(name)!, {
    database: DATABASE,
    account: ACCOUNT,
    masked: reader === 'analyst',
    values,
  });
  const result = await engine.client(reader).query({ query, format: 'JSONEachRow' });
  const actual = question.actual(await result.json<Row>());
  return {
    query: name,
    values,
    compared,
    reader,
    expected: expected.size,
    actual: actual.size,
    differences: differences(expected, actual),
  };
}

const SHOWN_ROWS = 5;

/** What a page shows of a question: its SQL with these values, and the first rows of the answer for an analyst. */
export async function showExample(
  engine: ReadersEngine,
  name: string,
  values: Readonly<Record<string, string>>,
): Promise<{ query: AnalystQuery; sql: string; rows: string }> {
  const query = QUERIES.get(name)!;
  const sql = renderQuery(query, { database: DATABASE, account: ACCOUNT, masked: true, values });
  // Analysts may not change settings.
  const { stream } = await engine.client().exec({
    query: `SELECT * FROM (${sql}) LIMIT ${SHOWN_ROWS} FORMAT PrettyCompactNoEscapesMonoBlock`,
    clickhouse_settings: { output_format_pretty_row_numbers: 0 },
  });
  return { query, sql, rows: await text(stream) };
}
