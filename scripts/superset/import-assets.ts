import type { ClickHouseClient } from '@clickhouse/client';
import { bundle } from './assets/bundle.ts';
import { readViews } from './assets/read-views.ts';
import { renderAssets, viewsOf } from './assets/render-assets.ts';
import { DESCRIPTION } from './list/all.ts';
import type { Superset } from './start-superset.ts';
import { openSupersetClient, type SupersetClient } from './superset-client.ts';

/** A ClickHouse that Superset reads. */
export type Source = {
  url: string;
  database: string;
  /** User of Superset's connection, with `:` and the password if there is one. */
  login: string;
};

/** Imports the dashboards over the source, and returns a client that manages them. `clickhouse` reads the comments of the source's columns. */
export async function importAssets(
  superset: Superset,
  { url, database, login }: Source,
  { clickhouse, say }: { clickhouse: ClickHouseClient; say(line: string): void },
): Promise<SupersetClient> {
  const names = viewsOf(DESCRIPTION);
  const assets = renderAssets({ description: DESCRIPTION, views: await readViews(clickhouse, { database, names }) });
  const { host } = new URL(url);
  const archive = await bundle(assets, {
    sqlalchemyUri: `clickhousedb://${login}@${host}/${database}`,
    schema: database,
  });
  const client = await openSupersetClient({
    url: superset.url,
    username: 'admin',
    password: superset.secrets['admin-password'],
  });
  const begun = performance.now();
  await client.importAssets(archive);
  const { datasets, charts, dashboards } = DESCRIPTION;
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  say(
    `${datasets.length} datasets, ${charts.length} charts and ${dashboards.length} dashboards are imported after ${seconds} s`,
  );
  return client;
}
