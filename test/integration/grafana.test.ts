// @module-tag whole
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetsOf } from '../../scripts/grafana/targets-of.ts';
import { GRAFANA_DASHBOARDS } from '../../scripts/grafana-dashboards.ts';
import { ROOT } from '../../stack/places.ts';
import { type AnalystDatabase, insertTwoDays, openAnalystDatabase } from '../harness/analyst-database.ts';

let db: AnalystDatabase;
beforeAll(async () => {
  db = await openAnalystDatabase();
  await insertTwoDays(db);
});
afterAll(() => db[Symbol.asyncDispose]());

/** As Grafana puts its variables in; `sqlstring` makes a text with quotes. */
const filled = (sql: string, account: string): string =>
  sql
    .replaceAll(`\${database}`, db.database)
    .replaceAll(`\${account:sqlstring}`, `'${account.replaceAll("'", "''")}'`)
    .replaceAll(`\${days}`, '365');

async function run(sql: string): Promise<{ meta: { name: string; type: string }[]; data: unknown[][] }> {
  const response = await fetch(`${db.url}/?user=analyst&password=secret`, {
    method: 'POST',
    body: `${sql}\nFORMAT JSONCompact`,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${sql}: ${text}`);
  return JSON.parse(text);
}

describe.each(Object.keys(GRAFANA_DASHBOARDS))('%s', (file) => {
  it.each(targetsOf(JSON.parse(readFileSync(join(ROOT, file), 'utf8'))))(
    '$title runs for an analyst',
    async ({ rawSql, queryType }) => {
      const { meta, data } = await run(filled(rawSql, 'main'));
      expect(meta.length).toBeGreaterThan(0);
      if (queryType === 'timeseries') {
        // The plugin takes the first column of time for the axis, texts for the names of lines, numbers for their values.
        expect(meta[0]).toEqual({ name: '日期', type: 'Date' });
        expect(meta.slice(1).every(({ type }) => /Int64|String/.test(type))).toBe(true);
      }
      expect(data.length).toBeLessThanOrEqual(1_000);
      const other = await run(filled(rawSql, "it's other"));
      expect(other.data).toEqual([]);
    },
  );
});
