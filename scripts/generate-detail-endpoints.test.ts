import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMigrations } from '../packages/qcc-clickhouse/src/migrate/read-migrations.ts';
import { renderMigration as statementsOf } from '../packages/qcc-clickhouse/src/migrate/render-migration.ts';
import { columnOf, type DetailEndpoint, maskedViewOf, viewsOf } from '../packages/qcc-details/src/detail-endpoint.ts';
import { ROOT } from '../stack/places.ts';
import {
  columnOfRecord,
  definitions,
  maskedColumns,
  renderMigration,
  viewColumns,
} from './detail-endpoints/render-migration.ts';
import { withLists } from './detail-endpoints/render-schema.ts';
import { findEndpoints, REGISTRY, renderRegistry, SCHEMA, withoutMigration } from './generate-detail-endpoints.ts';

const found = await findEndpoints();
const endpoints = found.map(({ endpoint }) => endpoint);
const lists = endpoints.map(({ list }) => list);
const schema = readFileSync(SCHEMA, 'utf8');
const columns = (name: string) =>
  readFileSync(join(ROOT, `packages/qcc-clickhouse/src/migrate/migrations/columns/${name}.sql`), 'utf8');
const migrations = readMigrations()
  .map(({ template }) => template)
  .join('\n');

const ELSE = 'else: node scripts/generate-detail-endpoints.ts';

test(`the registry names every folder (${ELSE})`, () => {
  expect(readFileSync(REGISTRY, 'utf8')).toBe(renderRegistry(found));
});

test(`the schema has the lists of the folders, byte for byte (${ELSE})`, () => {
  const bare = withLists(schema, []);
  for (const { name } of lists) expect(bare).not.toContain(name);
  expect(withLists(bare, lists)).toBe(schema);
});

test(`each endpoint has its migration (${ELSE})`, () => {
  expect(withoutMigration(endpoints)).toEqual([]);
});

// A difference here cannot be generated: a migration that is applied stays as it is, and the change needs a new one.
test.each(lists.map((list) => [list.name, list] as const))('the columns of %s are those of its folder', (_, list) => {
  const { type } = endpoints.find((endpoint) => endpoint.list === list)!;
  expect(migrations).toContain(`  ${columnOfRecord({ type, list }).definition}`);
  const view = `${columns('detail').trimEnd()},\n${definitions(viewColumns(list))}\n)`;
  for (const name of viewsOf(list)) {
    expect(migrations).toContain(`CREATE VIEW IF NOT EXISTS {{database}}.${name} {{on_cluster}} (\n${view}`);
  }
  const masked = `${columns('masked_detail').trimEnd()},\n${definitions(maskedColumns(list))}\n)`;
  expect(migrations).toContain(
    `CREATE VIEW IF NOT EXISTS {{database}}.${maskedViewOf(list)} {{on_cluster}} (\n${masked}`,
  );
  for (const { name, sql } of maskedColumns(list)) {
    if (sql !== name) expect(migrations).toContain(`${sql} AS ${name}`);
  }
});

const fictitious = (name: string): DetailEndpoint => ({
  ...endpoints[0]!,
  list: { name, rowName: name, doc: '', title: name, fields: [{ name: 'id', kind: 'id', comment: 'c' }] },
});

test('a migration after another one keeps the columns of that one', () => {
  const earlier = [fictitious('firstOnes')];
  const sql = renderMigration(fictitious('secondOnes'), { recordColumns: columns('record'), earlier });
  const of = (start: string) =>
    statementsOf(sql.replaceAll(/\{\{columns (\w+)\}\}/g, '$1'), { database: 'd' }).filter((each) =>
      each.includes(start),
    );
  expect(of('OR REPLACE VIEW')[0]).toMatch(/record,\n {2}first_ones Array[\s\S]*,\n {2}second_ones Array/);
  expect(of('ADD COLUMN').every((each) => /second_ones[\s\S]*AFTER first_ones$/.test(each))).toBe(true);
});

test('a migration gives the materialized view a comment for each of its columns', () => {
  const record = columns('record');
  const names = [...record.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name!);
  const sql = renderMigration(fictitious('newOnes'), { recordColumns: record, earlier: [] });
  const commented = [...sql.matchAll(/^ {2}COMMENT COLUMN (\w+) '.+'/gm)].map(([, name]) => name!);
  expect(commented.slice(0, names.length + 1)).toEqual([...names, columnOf('newOnes')]);
});

test.each([
  ['an instant without its day', { name: 'heldAt', kind: 'instant' }, 'dayComment'],
  [
    'an instant that the audit would not read',
    { name: 'held', kind: 'instant', dayComment: 'c' },
    'ends in At or Date',
  ],
  ['a day that the audit would not read', { name: 'heldOn', kind: 'day' }, 'ends in At or Date'],
] as const)('%s is refused', (_, field, message) => {
  const { list, ...rest } = fictitious('newOnes');
  const bad = { ...rest, list: { ...list, fields: [{ ...field, comment: 'c' }] } };
  expect(() => renderMigration(bad, { recordColumns: columns('record'), earlier: [] })).toThrow(message);
});
