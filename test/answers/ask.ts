import { text } from 'node:stream/consumers';
import { type AnalystQuery, readQueries } from 'qcc-clickhouse/queries/read-queries';
import { renderQuery } from 'qcc-clickhouse/queries/render-query';
import { ANY_DAY, LEFT_OUT } from './expected.ts';
import { type Asked, differences, type Question, type Row, totalOf } from './question.ts';
import { ACCOUNT, DATABASE, type Reader, type ReadersEngine } from './season-pipeline.ts';

const QUERIES = new Map(readQueries().map((query) => [query.name, query]));

export type Answered = {
  asked: Asked;
  /** The columns of the answer that are compared with the truth. Null if all are compared. */
  compared: readonly string[] | null;
  reader: Reader;
  /** The numbers of rows in the right answer and in the actual one. */
  expected: number;
  actual: number;
  /** Rows of the actual answer that the truth does not determine. */
  leftOut: number;
  /** Values of the other rows that the truth does not determine. */
  valuesLeftOut: number;
  /** Name of a figure → its total in the right answer and in the actual one. */
  totals: { name: string; expected: bigint; actual: bigint }[];
  differences: string[];
};

/** Runs the query as this reader, and compares the answer with the truth. An analyst reads the masked views. */
export async function ask(engine: ReadersEngine, reader: Reader, question: Question): Promise<Answered> {
  const { asked } = question;
  const expected = (reader === 'analyst' && question.expectedMasked) || question.expected;
  const query = sqlOf(asked, reader === 'analyst');
  const result = await engine.client(reader).query({ query, format: 'JSONEachRow' });
  const rows = await result.json<Row>();
  const compared = new Set<string>();
  const actual = question.actual(rows.map((row) => watched(row, compared)));
  const columns = Object.keys(rows[0] ?? {});
  return {
    asked,
    compared: columns.every((column) => compared.has(column)) ? null : columns.filter((column) => compared.has(column)),
    reader,
    expected: expected.size,
    actual: actual.size,
    leftOut: rows.length - actual.size,
    valuesLeftOut: [...expected.values()].join(' | ').split(' | ').filter(isLeftOut).length,
    totals: Object.entries(question.totals ?? {}).map(([figure, place]) => ({
      name: figure,
      expected: totalOf(expected, place),
      actual: totalOf(actual, place),
    })),
    differences: differences(expected, actual),
  };
}

const isLeftOut = (value: string): boolean =>
  value === LEFT_OUT || value === ANY_DAY || /^[\d-]+ to [\d-]+$/.test(value);

function sqlOf(asked: Asked, masked: boolean): string {
  const target = { database: DATABASE, account: ACCOUNT, masked };
  if ('query' in asked) return renderQuery(QUERIES.get(asked.query)!, { ...target, values: asked.values });
  return `SELECT * FROM ${DATABASE}.${asked.view}${masked && asked.hasMasked ? '_masked' : ''} WHERE account = '${ACCOUNT}'`;
}

/** A row that notes which of its columns are read. */
const watched = (row: Row, columns: Set<string>): Row =>
  new Proxy(row, {
    get(target, column) {
      columns.add(String(column));
      return Reflect.get(target, column);
    },
  });

const SHOWN_ROWS = 5;

/** Returns an example for a page: the query, its SQL with these values, and the first rows of the answer from the masked views. */
export async function showExample(
  engine: ReadersEngine,
  name: string,
  values: Readonly<Record<string, string>>,
): Promise<{ query: AnalystQuery; sql: string; rows: string }> {
  const query = QUERIES.get(name)!;
  const sql = renderQuery(query, { database: DATABASE, account: ACCOUNT, masked: true, values });
  // The default user runs this, because analysts may not change settings.
  const { stream } = await engine.client().exec({
    query: `SELECT * FROM (${sql}) LIMIT ${SHOWN_ROWS} FORMAT PrettyCompactNoEscapesMonoBlock`,
    clickhouse_settings: { output_format_pretty_row_numbers: 0 },
  });
  return { query, sql, rows: await text(stream) };
}
