import { describe, expect, it } from 'vitest';
import { ALL_TYPES } from './changes.ts';
import { createFeed, type Feed } from './feed.ts';
import { nextOrder, type Order, type OrderRequest } from './orders.ts';

const START = Date.UTC(2026, 2, 16, 1);

/** Orders a minute apart, and the feed over them. */
function feedOf(seed: string, requests: readonly OrderRequest[]): { feed: Feed; orders: Order[] } {
  const orders: Order[] = [];
  const feed = createFeed({ seed, companies: 100, orders });
  for (const request of requests) {
    const clock = { now: () => START + orders.length * 60_000 };
    const order = nextOrder({ seed, clock, before: orders }, request);
    orders.push(order);
    feed.announce(order);
  }
  return { feed, orders };
}

function occurrencesOf(seed: string, requests: readonly OrderRequest[]) {
  const { feed, orders } = feedOf(seed, requests);
  return orders.map((order) => [...feed.occurrences(order)]);
}

const field = (element: unknown, name: string): unknown =>
  typeof element === 'object' && element !== null ? Reflect.get(element, name) : undefined;
const ids = (occurrences: readonly { element: unknown }[] = []) =>
  occurrences.map(({ element }) => field(element, 'id'));

describe('the feed', () => {
  it('is the same for the same seed and another for another', () => {
    const requests = [{ records: 60 }, { records: 60, repeat: 10, repeatWithin: 3, broken: 2 }];
    expect(occurrencesOf('a', requests)).toEqual(occurrencesOf('a', requests));
    expect(ids(occurrencesOf('a', requests)[0])).not.toEqual(ids(occurrencesOf('b', requests)[0]));
  });

  it('makes records of all thirteen types with the fields of the document', () => {
    const [occurrences = []] = occurrencesOf('1', [{ records: 1_300 }]);
    expect(new Set(occurrences.map(({ element }) => field(element, 'type')))).toEqual(new Set(ALL_TYPES));
    for (const { element } of occurrences) {
      expect(element).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f]{32,33}$/),
        corpKeyNo: expect.stringMatching(/^[0-9a-f]{32}$/),
        category: expect.stringMatching(/^[123]$/),
        changeDate: expect.stringMatching(/^2026-03-1\d$/),
        checkId: expect.stringMatching(/^([0-9A-F]{32})?$/),
      });
      const hasExtend = ['1', '2', '10', '11'].includes(String(field(element, 'type')));
      expect(field(element, 'changeExtend')).toMatch(hasExtend ? /^\{"date":"\d{4}-\d\d-\d\d"\}$/ : /^$/);
    }
    const creditCodes = new Set(occurrences.map(({ element }) => typeof field(element, 'creditCode')));
    expect(creditCodes).toEqual(new Set(['string', 'undefined']));
  });

  it('brings exactly as many ids again as asked for, some of them for the third time', () => {
    const [first, second, third] = occurrencesOf('1', [
      { records: 500 },
      { records: 500, repeat: 50 },
      { records: 500, repeat: 50 },
    ]).map((occurrences) => new Set(ids(occurrences)));
    expect(first!.intersection(second!).size).toBe(50);
    expect(first!.union(second!).intersection(third!).size).toBe(50);
    expect(first!.intersection(second!).intersection(third!).size).toBeGreaterThan(0);
  });

  it('changes the content of what comes again and keeps company and type', () => {
    const [first = [], second = []] = occurrencesOf('1', [{ records: 13 }, { records: 13, repeat: 13 }]);
    for (const { element } of second) {
      const before = first.find((candidate) => field(candidate.element, 'id') === field(element, 'id'))?.element;
      expect(before).not.toEqual(element);
      expect(field(before, 'corpKeyNo')).toBe(field(element, 'corpKeyNo'));
      expect(field(before, 'type')).toBe(field(element, 'type'));
    }
  });

  it('carries an id twice in one archive when asked to', () => {
    const [occurrences = []] = occurrencesOf('1', [{ records: 100, repeatWithin: 10 }]);
    expect(new Set(ids(occurrences)).size).toBe(90);
  });

  it('finds the details of every checkId it gave out, and of no other', () => {
    const { feed, orders } = feedOf('1', [{ records: 390 }, { records: 390, repeat: 30, repeatWithin: 5, broken: 5 }]);
    for (const { element, details } of orders.flatMap((order) => [...feed.occurrences(order)])) {
      if (details === null) continue;
      expect(feed.lookUp(String(field(element, 'checkId')))).toEqual({
        corpKeyNo: field(element, 'corpKeyNo'),
        details,
      });
    }
    expect(feed.lookUp('47AA266A29ADD663D7081547F05F810A')).toBeUndefined();
    expect(feed.lookUp("'; DROP TABLE")).toBeUndefined();
  });

  it('has debtor lists of several pages, empty lists and records without checkId', () => {
    const [occurrences = []] = occurrencesOf('1', [{ records: 400, types: ['11'] }]);
    const lengths = occurrences.map(({ details }) => details?.rows.length);
    expect(Math.max(...lengths.map((length) => length ?? 0))).toBeGreaterThan(40);
    expect(lengths).toContain(0);
    expect(lengths).toContain(undefined);
  });

  it('answers a checkId that comes again with the details of the record pushed last', () => {
    const { feed, orders } = feedOf('1', [
      { records: 20, types: ['2'], withoutCheckId: 0 },
      { records: 20, repeat: 20, repeatCheckId: 'same' },
      { records: 20, repeat: 20, repeatCheckId: 'same', pushDate: '2020-01-01' },
    ]);
    const [first, second] = orders.map((order) => [...feed.occurrences(order)]);
    for (const { element, details } of second!) {
      const checkId = String(field(element, 'checkId'));
      expect(first!.map((before) => field(before.element, 'checkId'))).toContain(checkId);
      expect(feed.lookUp(checkId)?.details).toEqual(details);
    }
  });

  it('passes unknown types, unknown fields and numeric codes', () => {
    const [occurrences] = occurrencesOf('1', [{ records: 1, types: ['99'], unknownField: true, numericCodes: true }]);
    expect(occurrences?.[0]?.element).toMatchObject({ type: 99, category: 3, riskScore: expect.any(Number) });
  });
});
