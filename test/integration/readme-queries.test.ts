import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openSinkDatabase, type SinkDatabase } from './sink-database.ts';

/** The queries of the README with the outputs below them, and the title above. */
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const EXAMPLES = [...README.matchAll(/\*\*(.+)\*\*\n\n```sql\n([\s\S]+?)\n```\n\n```\n(.+)\n/g)].map(
  ([, title = '', sql = '', head = '']) => ({ title, sql, head: head.split(/[┌─┬┐]+/).filter(Boolean) }),
);

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

test('the README shows three queries', () => {
  expect(EXAMPLES).toHaveLength(3);
});

test.each(EXAMPLES)('$title runs on the tables as they are, and has the columns it shows', async ({ sql, head }) => {
  const columns = await db.rows(`DESCRIBE (${sql.replaceAll('qcc.', '{{db}}.')})`);
  expect(columns.map(({ name }) => name)).toEqual(head);
});
