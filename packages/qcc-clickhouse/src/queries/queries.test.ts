import { describe, expect, it, test } from 'vitest';
import { parseQuery, readQueries } from './read-queries.ts';
import { QueryValueError, renderQuery } from './render-query.ts';

const TARGET = { database: 'qcc', account: 'main', masked: true };
const QUERIES = readQueries();
const query = (name: string) => QUERIES.find((each) => each.name === name)!;

test('each query of the catalogue has a name of its own and says what its numbers do not', () => {
  expect(new Set(QUERIES.map(({ name }) => name)).size).toBe(QUERIES.length);
  for (const { name, caveats } of QUERIES) expect(caveats.length, name).toBeGreaterThan(0);
});

describe('renderQuery', () => {
  it.each(QUERIES)('fills in all of $name', (each) => {
    const needed = each.parameters.filter(({ fallback }) => fallback === undefined).map(({ name }) => [name, 'x']);
    expect(renderQuery(each, { ...TARGET, values: Object.fromEntries(needed) })).not.toContain('{{');
  });

  it('reads the masked views for analysts, and the others for investigators', () => {
    expect(renderQuery(query('provinces'), TARGET)).toContain('qcc.companies_masked');
    expect(renderQuery(query('provinces'), { ...TARGET, masked: false })).toMatch(/qcc\.companies\n/);
  });

  it('takes a day as a day, and Beijing’s today if none is given', () => {
    expect(renderQuery(query('new-since'), TARGET)).toContain('push_day >= today_beijing() - 1');
    expect(renderQuery(query('new-since'), { ...TARGET, values: { from: '2026-03-16' } })).toContain(
      "push_day >= toDate('2026-03-16')",
    );
  });

  it('lets no value end its text', () => {
    const sql = renderQuery(query('company-timeline'), { ...TARGET, values: { company: `a\\' OR 1=1 --` } });
    expect(sql).toContain(`corp_key_no = 'a\\\\\\' OR 1=1 --'`);
  });

  it.each([
    ['new-since', { from: 'yesterday' }, 'from of new-since is a day such as 2026-03-16, and not yesterday'],
    ['new-since', { from: '2026-13-45' }, 'from of new-since is a day such as 2026-03-16, and not 2026-13-45'],
    ['new-since', { from: '2026-02-30' }, 'from of new-since is a day such as 2026-03-16, and not 2026-02-30'],
    ['new-since', { from: '1900-05-05' }, 'from of new-since is a day such as 2026-03-16, and not 1900-05-05'],
    ['new-since', { till: '2026-03-16' }, 'new-since has no parameter till'],
    ['company-timeline', {}, 'company-timeline needs company'],
  ])('refuses %s with %o', (name, values, message) => {
    const render = () => renderQuery(query(name), { ...TARGET, values });
    expect(render).toThrow(QueryValueError);
    expect(render).toThrow(message);
  });
});

describe('parseQuery', () => {
  it.each([
    ['a head of no known kind', '-- titel: x\nSELECT 1', 'of no known kind'],
    ['no title', '-- title: x\nSELECT 1', 'title or title-en is missing'],
    [
      'no such parameter',
      '-- title: x\n-- title-en: x\n-- narrow-by: from\nSELECT 1',
      'narrow-by is one of its parameters',
    ],
    ['a parameter of no known kind', '-- title: x\n-- title-en: x\n-- param a number 1: x\nSELECT 1', 'a parameter is'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseQuery('q', text)).toThrow(message);
  });
});
