import { readFileSync } from 'node:fs';
import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openSinkDatabase, type SinkDatabase } from './sink-database.ts';

/** The queries of the page for analysts with the outputs below them, and the title and name above. */
const PAGE = readFileSync(new URL('../../docs/for-analysts.md', import.meta.url), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/\*\*(.+)\*\*（`(.+)`）\n\n```sql\n([\s\S]+?)\n```\n\n```\n(.+)\n/g)].map(
  ([, title = '', name = '', sql = '', head = '']) => ({
    title,
    name,
    sql,
    head: head.split(/[┌─┬┐]+/).filter(Boolean),
  }),
);

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

test('the page shows the queries of the catalogue that a season can answer', () => {
  const titles = new Map(readQueries().map(({ name, title }) => [name, title]));
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(10);
  for (const { name, title } of EXAMPLES) expect(title).toBe(titles.get(name));
});

test.each(EXAMPLES)('$title runs on the tables as they are, and has the columns it shows', async ({ sql, head }) => {
  const columns = await db.rows(`DESCRIBE (${sql.replaceAll('qcc.', '{{db}}.')})`);
  expect(columns.map(({ name }) => name)).toEqual(head);
});
