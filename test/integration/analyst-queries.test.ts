import { readFileSync } from 'node:fs';
import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openSinkDatabase, type SinkDatabase } from './sink-database.ts';

/** The queries of the page for analysts with the outputs below them, and the title and name above. */
const PAGE = readFileSync(new URL('../../docs/for-analysts.md', import.meta.url), 'utf8');
const EXAMPLES = [
  ...PAGE.matchAll(/\*\*(.+)\*\*（`(.+)`）\n\n```sql\n([\s\S]+?)\n```\n\n```\n(.+)\n[\s\S]+?\n```\n\n((?:- .+\n)*)/g),
].map(([, title = '', name = '', sql = '', head = '', notes = '']) => ({
  title,
  name,
  sql,
  notes,
  head: head.split(/[┌─┬┐]+/).filter(Boolean),
}));

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

const QUERIES = new Map(readQueries().map((query) => [query.name, query]));
const GIVEN: Readonly<Record<string, string>> = { db: 'qcc', masked: '_masked', account: "'main'" };
const escaped = (part: string): string => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** The template of a query with the values that all examples have, and with any other values. */
const patternOf = (template: string): RegExp => {
  const parts = template.trim().split(/\{\{(\w+)\}\}/);
  return new RegExp(`^${parts.map((part, at) => (at % 2 === 0 ? escaped(part) : (GIVEN[part] ?? '.+?'))).join('')}$`);
};

test('the page shows the queries of the catalogue that a season can answer', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(10);
});

test.each(EXAMPLES)(
  'the page has the title, SQL and caveats that the catalogue has: $title',
  ({ title, name, sql, notes }) => {
    const query = QUERIES.get(name)!;
    expect(title).toBe(query.title);
    expect(sql).toMatch(patternOf(query.template));
    for (const caveat of query.caveats) expect(notes).toContain(`- ${caveat}\n`);
  },
);

test.each(EXAMPLES)('$title runs on the tables as they are, and has the columns it shows', async ({ sql, head }) => {
  const columns = await db.rows(`DESCRIBE (${sql.replaceAll('qcc.', '{{db}}.')})`);
  expect(columns.map(({ name }) => name)).toEqual(head);
});
