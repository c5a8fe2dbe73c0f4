import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { nameOf } from '../../scripts/superset/assets/description.ts';
import { readViews } from '../../scripts/superset/assets/read-views.ts';
import { renderAssets, viewsOf } from '../../scripts/superset/assets/render-assets.ts';
import { writeYaml } from '../../scripts/superset/assets/write-yaml.ts';
import { expectedRows } from '../../scripts/superset/check/expected-rows.ts';
import { DESCRIPTION } from '../../scripts/superset/list/all.ts';
import { ROOT } from '../../stack/places.ts';
import { openSinkDatabase, type SinkDatabase } from './sink-database.ts';

const FOLDER = join(ROOT, 'deploy', 'superset', 'assets');
let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

it('has the assets of Superset as the migrations say (else: node_modules/.bin/node scripts/superset-assets.ts)', async () => {
  const names = viewsOf(DESCRIPTION);
  const views = await readViews(db.client, { database: db.database, names });
  const rendered = renderAssets({ description: DESCRIPTION, views });
  const wanted = Object.fromEntries(Object.entries(rendered).map(([path, content]) => [path, writeYaml(content)]));
  const files = globSync('**/*.yaml', { cwd: FOLDER });
  const kept = Object.fromEntries(files.map((path) => [path, readFileSync(join(FOLDER, path), 'utf8')]));
  expect(kept).toEqual(wanted);
});

it.each(DESCRIPTION.datasets.filter(({ extended }) => extended).map((dataset) => [nameOf(dataset), dataset] as const))(
  'the SQL of the dataset %s has the columns that the description says',
  async (_name, { view, extended }) => {
    const described = await db.rows<{ name: string }>(`DESCRIBE (${extended!.sql.replaceAll('{db}', '{{db}}')})`);
    const { columns } = (await readViews(db.client, { database: db.database, names: [view] }))[view]!;
    expect(described.map(({ name }) => name)).toEqual([...columns, ...extended!.columns].map(({ name }) => name));
  },
);

it.each(DESCRIPTION.charts)('runs the SQL that the chart $key is compared with', async (chart) => {
  expect(await expectedRows(db.client, chart, { database: db.database })).toBeInstanceOf(Array);
});
