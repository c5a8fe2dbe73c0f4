import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROLES } from 'qcc-clickhouse/roles';
import { expect, test } from 'vitest';
import { nameOf } from '../assets/description.ts';
import { DEPLOY_DIR } from '../places.ts';
import { DESCRIPTION } from './all.ts';
import { COMPANY_CHARTS, COMPANY_PROFILE } from './company-profile.ts';

const { datasets, charts, dashboards } = DESCRIPTION;

test('every dataset is a view that the analysts may read', () => {
  const mayRead: readonly string[] = ROLES.qcc_analyst;
  expect(datasets.map(({ view }) => view).filter((view) => !mayRead.includes(view))).toEqual([]);
});

test('the names of datasets are unique', () => {
  const names = datasets.map(nameOf);
  expect(new Set(names).size).toBe(names.length);
});

test('every chart has a key of its own, and is on a dashboard', () => {
  const keys = charts.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const shown = dashboards.flatMap(({ rows }) => rows.flatMap(({ charts }) => charts.map(({ key }) => key)));
  expect(keys.filter((key) => !shown.includes(key))).toEqual([]);
});

test('each filter of the company dashboard names a column of all its datasets, because Superset applies filters by column name', () => {
  const choices = COMPANY_PROFILE.filters.flatMap((filter) => (filter.kind === 'choice' ? [filter.column] : []));
  const addedTo = (name: string) =>
    datasets.find((dataset) => nameOf(dataset) === name)?.extended?.columns.map((column) => column.name);
  expect(choices).toEqual(['company', 'account']);
  expect(COMPANY_CHARTS.map(({ dataset }) => addedTo(dataset))).toEqual(COMPANY_CHARTS.map(() => ['company']));
});

test('every row of a dashboard is as wide as the page', () => {
  const widths = dashboards.flatMap(({ rows }) =>
    rows.map(({ charts }) => charts.reduce((sum, { width }) => sum + width, 0)),
  );
  expect(new Set(widths)).toEqual(new Set([12]));
});

test('the packages are pinned by hash, and none names where it was fetched from', () => {
  const requirements = readFileSync(join(DEPLOY_DIR, 'requirements.txt'), 'utf8');
  const pins = requirements.split(/\n(?=\S)/);
  expect(pins.length).toBeGreaterThan(100);
  expect(pins.filter((pin) => !/^[\w.-]+==\S+.*\\\n {4}--hash=sha256:[0-9a-f]{64}/.test(pin))).toEqual([]);
  expect(requirements).not.toContain('://');
});
