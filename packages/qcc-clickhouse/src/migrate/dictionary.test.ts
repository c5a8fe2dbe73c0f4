import { readFileSync } from 'node:fs';
import { CHANGE_TYPES, DETAIL_STATUSES, RISK_CATEGORIES } from 'qcc-core/contract/domain';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { describe, expect, it } from 'vitest';

const TEXT = readFileSync(new URL('./migrations/columns/dictionary.sql', import.meta.url), 'utf8');
/** kind, code, Chinese, English, description, details_endpoint, event_date_means, since_version. */
const ROWS = [...TEXT.matchAll(/^\((.*)\),?$/gm)].map(([, row = '']) =>
  [...row.matchAll(/'((?:[^'\\]|\\.)*)'/g)].map(([, cell = '']) => cell),
);
const codesOf = (kind: string): string[] => ROWS.filter((row) => row[0] === kind).map((row) => row[1]!);
const namesOf = (kind: string) =>
  Object.fromEntries(ROWS.filter((row) => row[0] === kind).map(([, code, name]) => [code, name]));

describe('the dictionary', () => {
  it('has eight texts in each row, and no code twice', () => {
    expect(ROWS.length).toBe(TEXT.match(/^\(/gm)!.length);
    expect(ROWS.every((row) => row.length === 8)).toBe(true);
    expect(new Set(ROWS.map(([kind, code]) => `${kind} ${code}`)).size).toBe(ROWS.length);
  });

  it('has the types and categories of the document, with their names', () => {
    expect(namesOf('change_type')).toEqual(CHANGE_TYPES);
    expect(namesOf('risk_category')).toEqual(RISK_CATEGORIES);
  });

  it('names the detail endpoint of each type that has one', () => {
    const named = ROWS.filter((row) => row[0] === 'change_type' && row[5] !== '').map((row) => [row[1], row[5]]);
    expect(named).toEqual(DETAIL_ENDPOINTS.map(({ type, call }) => [type, call.name]));
  });

  it('says what event_date means for the four types that have it (document 6.2.6)', () => {
    const dated = ROWS.filter((row) => row[0] === 'change_type' && row[6] !== '未约定').map((row) => row[1]);
    expect(dated).toEqual(['1', '2', '10', '11']);
  });

  it('has every status of details', () => {
    expect(codesOf('detail_status').sort()).toEqual([...DETAIL_STATUSES].sort());
  });
});
