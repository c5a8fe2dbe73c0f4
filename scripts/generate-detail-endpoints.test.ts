import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMigrations } from '../packages/qcc-clickhouse/src/migrate/read-migrations.ts';
import { renderMigration as statementsOf } from '../packages/qcc-clickhouse/src/migrate/render-migration.ts';
import {
  columnOf,
  type DetailEndpoint,
  fieldsOf,
  isParsed,
  maskedViewOf,
  viewsOf,
} from '../packages/qcc-details/src/detail-endpoint.ts';
import { ROOT } from '../stack/places.ts';
import {
  addedColumns,
  definitionOf,
  definitions,
  maskedColumns,
  recordColumnsOf,
  renderFieldsMigration,
  renderMigration,
  viewColumns,
} from './detail-endpoints/render-migration.ts';
import { withLists } from './detail-endpoints/render-schema.ts';
import {
  findEndpoints,
  REGISTRY,
  renderRegistry,
  SCHEMA,
  withoutColumn,
  withoutMigration,
} from './generate-detail-endpoints.ts';

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

test(`each endpoint has its migration, and each later field its column (${ELSE})`, () => {
  expect(withoutMigration(endpoints)).toEqual([]);
  expect(withoutColumn(endpoints)).toEqual([]);
});

/** What the last migration that makes a view says of its columns and values. */
const viewText = (name: string): string =>
  migrations
    .split(/^;$/m)
    .findLast(
      (each) =>
        each.includes(` VIEW IF NOT EXISTS {{database}}.${name} `) ||
        each.includes(` REPLACE VIEW {{database}}.${name} `),
    )!;

/** The comment that the last migration gives a column of a table or view. */
const commentOf = (table: string, column: string): string | undefined =>
  migrations
    .split(/^;$/m)
    .filter((each) =>
      new RegExp(`(ALTER TABLE|VIEW IF NOT EXISTS|REPLACE VIEW) \\{\\{database\\}\\}\\.${table} `).test(each),
    )
    .flatMap((each) => [
      ...each.matchAll(
        new RegExp(`^  (?:(?:COMMENT|ADD) COLUMN (?:IF NOT EXISTS )?)?${column} .*'([^']+)'(?: AFTER \\w+)?,?$`, 'gm'),
      ),
    ])
    .at(-1)?.[1];
/** A definition without its comment. */
const bare = (definition: string): string => definition.slice(0, definition.indexOf(" COMMENT '"));

// A difference here cannot be generated: a migration that is applied stays as it is, and the change needs a new one.
test.each(lists.map((list) => [list.name, list] as const))('the columns of %s are those of its folder', (_, list) => {
  const { type } = endpoints.find((endpoint) => endpoint.list === list)!;
  const [own, ...later] = recordColumnsOf({ type, list });
  expect(migrations).toContain(`  ${definitionOf(own!)}`);
  for (const column of later) {
    expect(migrations).toContain(`  ADD COLUMN IF NOT EXISTS ${bare(definitionOf(column))} COMMENT '`);
    for (const table of ['record_history', 'record_current', 'record_current_feed'])
      expect([column.name, commentOf(table, column.name)]).toEqual([column.name, column.comment]);
  }
  for (const name of viewsOf(list)) {
    const text = viewText(name);
    for (const column of viewColumns(list)) {
      expect(text).toContain(`  ${bare(definitionOf(column))} COMMENT '`);
      expect([name, column.name, commentOf(name, column.name)]).toEqual([name, column.name, column.comment]);
    }
    expect(text).toMatch(/,\n {2}owner_pseudonym Nullable\(String\) COMMENT '.+'\n\)/);
  }
  const masked = `${columns('pseudonymous_detail').trimEnd()},\n${definitions(maskedColumns(list))}\n)`;
  expect(viewText(maskedViewOf(list))).toContain(`(\n${masked}`);
  expect(viewText(maskedViewOf(list))).toContain("concat(leftUTF8(corp_name, 1), '※', ifNull(owner_pseudonym, ''))");
  for (const { name, sql } of maskedColumns(list)) {
    if (sql !== name) expect(migrations).toContain(`${sql} AS ${name}`);
  }
});

test.each(lists.map((list) => [list.name, list] as const))(
  'of %s, a text as QCC sent it is next to each date and amount',
  (_, list) => {
    const fields = fieldsOf(list);
    const raw = fields.filter(isParsed).map((field) => fields.find(({ name }) => name === `${field.name}Raw`)?.kind);
    expect(raw).toEqual(fields.filter(isParsed).map(() => 'text'));
    const shown = maskedColumns(list).map(({ name }) => name);
    expect(shown.filter((name) => /_raw$|^extra$/.test(name))).toEqual([]);
    expect(fields.at(-1)).toMatchObject({ name: 'extra', isPersonal: true });
  },
);

const fictitious = (name: string): DetailEndpoint => ({
  ...endpoints[0]!,
  list: { name, rowName: name, doc: '', title: name, fields: [{ name: 'id', kind: 'id', comment: 'c' }] },
});
const render = (endpoint: DetailEndpoint, earlier: DetailEndpoint[] = []): string => {
  const recordColumns = columns('record');
  const added = addedColumns([...earlier, endpoint], recordColumns);
  return renderMigration(endpoint, { recordColumns, detailColumns: columns('detail'), added });
};

test('a migration after another one keeps the columns of that one', () => {
  const sql = render(fictitious('secondOnes'), [fictitious('firstOnes')]);
  const of = (start: string) =>
    statementsOf(sql.replaceAll(/\{\{columns (\w+)\}\}/g, '$1'), { database: 'd' }).filter((each) =>
      each.includes(start),
    );
  expect(of('OR REPLACE VIEW')[0]).toMatch(
    /\n {2}account [\s\S]*,\n {2}first_ones Array[\s\S]*,\n {2}second_ones Array/,
  );
  expect(of('ADD COLUMN').every((each) => /second_ones Array[\s\S]*AFTER first_ones_extra,\n/.test(each))).toBe(true);
});

test('a field that comes later gets a column of its own, and its view is made again', () => {
  const recordColumns = columns('record');
  const { list, ...rest } = endpoints[1]!;
  const novel = { name: 'novelDate', kind: 'day', comment: '新日期', isLater: true } as const;
  const changed = { ...rest, list: { ...list, fields: [...list.fields, novel] } };
  const all = endpoints.with(1, changed);
  const missing = withoutColumn(all);
  expect(missing.map(({ name }) => name)).toEqual(
    ['novel_date', 'novel_date_raw'].map((name) => `serious_violations_${name}`),
  );
  const added = addedColumns(all, recordColumns);
  const sql = renderFieldsMigration(all, missing, { recordColumns, detailColumns: columns('detail'), added });
  expect(sql.match(/ADD COLUMN IF NOT EXISTS \w+/g)).toHaveLength(3 * missing.length);
  expect(sql.match(/OR REPLACE VIEW \{\{database\}\}\.\w+/g)).toEqual(
    ['records', 'serious_violations', 'serious_violations_masked'].map(
      (name) => `OR REPLACE VIEW {{database}}.${name}`,
    ),
  );
  expect(sql.split('.serious_violations_masked ')[1]).toContain("novel_date Nullable(Date32) COMMENT '新日期");
  expect(sql).toContain('  record.serious_violations_novel_date[detail_no] AS novel_date');
});

test('a migration gives the materialized view a comment for each of its columns', () => {
  const names = [...columns('record').matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name!);
  const sql = render(fictitious('newOnes'));
  const commented = [...sql.matchAll(/^ {2}COMMENT COLUMN (\w+) '.+'/gm)].map(([, name]) => name!);
  expect(commented.slice(0, names.length)).toEqual(names);
  expect(commented).toContain(columnOf('newOnes'));
});

test.each(['credit_code', 'reg_no', 'event_date'])('a migration keeps the newest comment of %s', (name) => {
  const inForce = commentOf('record_history', name)!;
  expect(inForce).not.toContain('{');
  const sql = render(fictitious('newOnes'));
  const said = [...sql.matchAll(new RegExp(`^  (?:COMMENT COLUMN )?${name} .*'(.+)'`, 'gm'))].map(
    ([, comment]) => comment,
  );
  // Of the materialized view and of records; the view of a list has the credit code, too.
  expect(said.length).toBeGreaterThanOrEqual(2);
  expect(new Set(said)).toEqual(new Set([inForce]));
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
  expect(() => render({ ...rest, list: { ...list, fields: [{ ...field, comment: 'c' }] } })).toThrow(message);
});
