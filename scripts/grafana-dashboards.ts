/** Makes the dashboards for Grafana from the catalogue of queries; `npm run docs` writes them, and a test holds them together. */
import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { DASHBOARDS } from './grafana/panels.ts';
import { renderDashboard } from './grafana/render-dashboard.ts';

/** File below the root → what it has to hold. */
export const GRAFANA_DASHBOARDS: Readonly<Record<string, () => string>> = Object.fromEntries(
  DASHBOARDS.map((spec) => [
    `deploy/grafana/${spec.name}.json`,
    () => `${JSON.stringify(renderDashboard(spec, readQueries()), null, 2)}\n`,
  ]),
);
