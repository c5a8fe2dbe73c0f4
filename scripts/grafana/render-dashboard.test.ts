import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { ROLES } from 'qcc-clickhouse/roles';
import { describe, expect, it, test } from 'vitest';
import { DASHBOARDS } from './panels.ts';
import { renderDashboard } from './render-dashboard.ts';
import { targetsOf } from './targets-of.ts';

describe.each(DASHBOARDS)('$name', (spec) => {
  const dashboard = renderDashboard(spec, readQueries());
  const panels = (dashboard.panels ?? []).map((panel) => ({ ...panel }) as Panel);

  it('has its panels next to each other, and none over another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(spec.panels.length);
    const fields = panels.flatMap(({ id, gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => ({ id, place: `${x + (at % w)},${y + Math.floor(at / w)}` })),
    );
    expect(new Set(fields.map(({ place }) => place)).size).toBe(fields.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  it('reads the data source that the viewer chooses, views of analysts, and days of Beijing', () => {
    const targets = targetsOf(dashboard);
    expect(targets).toHaveLength(spec.panels.length);
    for (const { datasource, rawSql } of targets) {
      expect(datasource).toEqual({ type: 'grafana-clickhouse-datasource', uid: `\${datasource}` });
      expect(rawSql).toContain(`account = \${account:sqlstring}`);
      for (const [, view = ''] of rawSql.matchAll(/\$\{database\}\.(\w+)/g)) expect(ROLES.qcc_analyst).toContain(view);
      // Macros of the plugin compare in the zone of the session.
      expect(rawSql).not.toMatch(/\$__|1970|viewer/);
    }
  });

  it('says what the numbers do not say', () => {
    for (const { title, description } of panels) expect(description, title).toBeTruthy();
  });
});

type Panel = {
  id: number;
  title: string;
  description: string;
  gridPos: { x: number; y: number; w: number; h: number };
};

test('a panel of a query that does not exist is refused', () => {
  const spec = { ...DASHBOARDS[0]!, panels: [{ ...DASHBOARDS[0]!.panels[0]!, query: 'nothing' }] };
  expect(() => renderDashboard(spec, readQueries())).toThrow('there is no query nothing');
});
