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

  it('has every reason of details that the schema names', () => {
    const schema = readFileSync(new URL('../../../../schemas/enriched-records.avsc', import.meta.url), 'utf8');
    const [, reasons = ''] = schema.match(/"doc": "Why PENDING or FAILED: ([^(]*)/)!;
    const codes = reasons
      .trim()
      .split(', ')
      .map((code) => code.replace(/<.*>/, '<状态码>'));
    expect(codesOf('detail_reason').sort()).toEqual(codes.sort());
  });

  it('has every status that the view of orders gives', () => {
    const view = readFileSync(new URL('./migrations/029_completeness.sql', import.meta.url), 'utf8');
    const [, statuses = ''] = view.match(/\n {4}if\(\n([^;]*?)\n {4}\) AS status,/)!;
    const given = [...statuses.matchAll(/'([A-Z_]+)'/g)].map(([, status]) => status!);
    expect(codesOf('order_status').sort()).toEqual([...new Set(given)].sort());
  });
});
