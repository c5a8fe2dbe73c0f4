import { expect, test } from 'vitest';
import { changeRecord } from '../testing/change-record.ts';
import { createFilter } from './match-filter.ts';

test.each([
  { filter: {}, verdict: null },
  { filter: { companies: ['k1', 'k2'] }, verdict: null },
  { filter: { companies: ['k2'] }, verdict: 'company' },
  { filter: { accounts: ['other'] }, verdict: 'company' },
  { filter: { companies: [] }, verdict: 'company' },
  { filter: { types: ['2'] }, verdict: null },
  { filter: { types: ['11'] }, verdict: 'kind' },
  { filter: { categories: ['2', '3'] }, verdict: 'kind' },
  { filter: { types: ['2'], categories: ['1'], companies: ['k1'], accounts: ['main'] }, verdict: null },
  { filter: { types: ['11'], companies: ['k2'] }, verdict: 'company' },
])('a change of company k1, type 2, category 1 fails $filter by $verdict', ({ filter, verdict }) => {
  expect(createFilter(filter)(changeRecord())).toBe(verdict);
});

test('a change without a category passes only a filter without categories', () => {
  const record = changeRecord({ category: null });
  expect(createFilter({ categories: ['1'] })(record)).toBe('kind');
  expect(createFilter({ types: ['2'] })(record)).toBeNull();
});
