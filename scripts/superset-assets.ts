/**
 * Writes `deploy/superset/assets` from the description in `scripts/superset/list` and the comments of a migrated ClickHouse, which is
 * that of the local stack or CLICKHOUSE_URL.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { runningStack } from '../stack/background.ts';
import { ROOT } from '../stack/places.ts';
import { readViews } from './superset/assets/read-views.ts';
import { renderAssets, viewsOf } from './superset/assets/render-assets.ts';
import { writeYaml } from './superset/assets/write-yaml.ts';
import { DESCRIPTION } from './superset/list/all.ts';

const settings = readSettings({ ...(await runningStack()), ...process.env }, CLICKHOUSE_SETTINGS);
await using client = createClickHouse(settings);
const database = settings.CLICKHOUSE_DATABASE;
await migrate(client, { database, mode: 'apply' });
const names = viewsOf(DESCRIPTION);
const assets = renderAssets({ description: DESCRIPTION, views: await readViews(client, { database, names }) });

const folder = join(ROOT, 'deploy', 'superset', 'assets');
rmSync(folder, { recursive: true, force: true });
for (const [path, content] of Object.entries(assets)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), writeYaml(content));
}
console.log(`${Object.keys(assets).length} files are in deploy/superset/assets`);
