import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../stack/places.ts';
import { listRegions, renderRegions } from './generate-regions.ts';

const regions = new Map(listRegions().map((region) => [region.code, region]));

test('the committed table of regions is the one that the packages of division codes give', () => {
  const committed = readFileSync(
    join(ROOT, 'packages/qcc-clickhouse/src/migrate/migrations/columns/regions.sql'),
    'utf8',
  );
  expect(committed).toBe(renderRegions());
});

test.each([
  ['a province', '32', '江苏省', ''],
  ['a city', '3205', '江苏省', '苏州市'],
  ['an autonomous prefecture', '2224', '吉林省', '延边朝鲜族自治州'],
  ['a municipality', '11', '北京市', ''],
  ['the districts of a municipality', '1101', '北京市', '北京市'],
  ['the counties of a municipality', '5002', '重庆市', '重庆市'],
  ['what a province governs directly', '4290', '湖北省', ''],
  ['a city that a province governs directly', '429004', '湖北省', '仙桃市'],
  ['a city that was dissolved in 2019', '3712', '山东省', '莱芜市'],
  ['an area that became a city with another code', '6521', '新疆维吾尔自治区', '吐鲁番地区'],
  ['a city of Chongqing before 1997', '5122', '重庆市', '重庆市'],
  ['a city that has another code today', '410881', '河南省', '济源市'],
  ['a city that was renamed and kept its code', '4206', '湖北省', '襄阳市'],
])('%s has its province and city', (_, code, province, city) => {
  expect(regions.get(code)).toEqual({ code, province, city });
});

test('the codes of the national authority belong to no province', () => {
  expect([...regions.keys()].filter((code) => code.startsWith('10'))).toEqual([]);
});

test('each row is complete and stands once, and each city has its province', () => {
  const all = listRegions();
  expect(all.length).toBe(regions.size);
  for (const { code, province, city } of all) {
    expect(`${code} ${province} ${city}`).toMatch(/^\d{2}(\d{2}){0,2} \p{Script=Han}+ \p{Script=Han}*$/u);
    // Until 1997, Chongqing was a part of Sichuan.
    const isOfChongqing = /^51(02|22|23|35)$/.test(code);
    expect(isOfChongqing ? '重庆市' : regions.get(code.slice(0, 2))?.province).toBe(province);
  }
});
