import { describe, expect, test } from 'vitest';
import type { Chart } from '../assets/description.ts';
import { compareChart } from './compare-chart.ts';

const NOVEMBER_26 = Date.UTC(2026, 10, 26);
const any = { key: 'k', title: 't', dataset: 'v', expected: '' };
const time = (series?: string): Chart => ({
  ...any,
  kind: 'time',
  metrics: ['n'],
  over: 'day',
  per: 'day',
  ...(series !== undefined && { series }),
});
const ranking: Chart = { ...any, kind: 'ranking', metric: 'n', by: 'name', limit: 2 };
const answer = (colnames: string[], ...rows: unknown[][]) => ({
  colnames,
  coltypes: colnames.map((name) => (name === 'day' ? 2 : 0)),
  data: rows.map((row) => Object.fromEntries(colnames.map((name, index) => [name, row[index]]))),
});

describe('a chart shows what SQL says', () => {
  test.each<[string, Chart, ReturnType<typeof answer>, unknown[][]]>([
    ['one number', { ...any, kind: 'number', metric: 'n' }, answer(['n'], [1_234]), [['1234']]],
    ['a decimal as text', { ...any, kind: 'number', metric: 'n' }, answer(['n'], ['12.50']), [[12.5]]],
    ['a day in milliseconds', time(), answer(['day', 'n'], [NOVEMBER_26, 3]), [['2026-11-26', 3]]],
    [
      'a row for each day and series',
      time('level'),
      answer(['day', 'level', 'n'], [NOVEMBER_26, '高', 1], [NOVEMBER_26, '低', 2]),
      [
        ['2026-11-26', '低', 2],
        ['2026-11-26', '高', 1],
      ],
    ],
    [
      'a column for each series, where a day lacks one',
      time('level'),
      answer(['day', '高', '低'], [NOVEMBER_26, 1, null]),
      [['2026-11-26', '高', 1]],
    ],
    [
      'another row of the same value at the end of a ranking',
      ranking,
      answer(['name', 'n'], ['a', 5], ['b', 3]),
      [
        ['a', 5],
        ['c', 3],
      ],
    ],
  ])('%s', (_what, chart, shown, expected) => {
    expect(compareChart(chart, shown, expected)).toBeUndefined();
  });
});

describe('a difference is found in', () => {
  test.each<[string, Chart, ReturnType<typeof answer>, unknown[][]]>([
    ['a number', { ...any, kind: 'number', metric: 'n' }, answer(['n'], [1]), [[2]]],
    ['a day that is a day early', time(), answer(['day', 'n'], [NOVEMBER_26 - 86_400_000, 3]), [['2026-11-26', 3]]],
    [
      'a missing row',
      ranking,
      answer(['name', 'n'], ['a', 5]),
      [
        ['a', 5],
        ['b', 3],
      ],
    ],
    ['a row too many', ranking, answer(['name', 'n'], ['a', 5], ['a', 5]), [['a', 5]]],
  ])('%s', (_what, chart, shown, expected) => {
    expect(compareChart(chart, shown, expected)).toMatch(/^Superset shows \d+ rows, SQL says/);
  });

  test('an answer that is an error', () => {
    expect(compareChart(time(), { ...answer(['day']), error: 'no such column' }, [])).toContain('no such column');
  });
});
