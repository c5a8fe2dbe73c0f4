import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ClickHouseUnavailableError, type InsertDeps } from '../insert/insert-rows.ts';
import { followingUp, replacedBy } from './follow-up-derivations.ts';

beforeEach(() => vi.useFakeTimers({ now: Date.parse('2026-11-24T10:00:00+08:00') }));
afterEach(() => vi.useRealTimers());

const SECOND = 1_000;
const pass = (ms: number): void => void vi.advanceTimersByTime(ms);
/** As ClickHouse writes it. */
const inShanghai = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().replace('T', ' ').slice(0, -1);

/** A server that keeps when something was noted. Its queries and inserts may take long before they read anything. */
function startServer({ queryMs = 0, insertMs = 0 } = {}) {
  const notes = {
    order_amendments: [] as number[],
    change_amendments: [] as number[],
    portfolio_companies: [] as number[],
  };
  const statements: string[] = [];
  const client = {
    async query({ query, query_params }: { query: string; query_params: { since?: string } }) {
      const { since } = query_params;
      if (since === undefined) return { json: async () => [{ now: inShanghai(Date.now()) }] };
      pass(queryMs);
      statements.push('look');
      const from = Date.parse(`${since.replace(' ', 'T')}+08:00`) - 5 * SECOND;
      const places = Object.entries(notes).filter(([, times]) => times.some((at) => at >= from));
      expect(query).toMatch(/noted_at >= .*UNION ALL.* added_at >= /s);
      return { json: async () => places.map(([place]) => ({ noted_in: place })) };
    },
    async command({ query }: { query: string }) {
      pass(insertMs);
      statements.push(/INSERT INTO `qcc`\.(\w+)/.exec(query)![1]!);
    },
  };
  const deps = { client: client as unknown as InsertDeps['client'], database: 'qcc' };
  return { deps, notes, statements, client };
}

test('an insert that leaves nothing to derive is followed by one look', async () => {
  const { deps, statements } = startServer();
  expect(await followingUp(deps, async () => 'result')).toBe('result');
  expect(statements).toEqual(['look']);
});

test.each([
  ['order_amendments', ['change_amendments', 'change_log']],
  ['change_amendments', ['change_log']],
  ['portfolio_companies', ['portfolio_companies']],
] as const)('what an insert notes in %s is derived again, however late the look', async (place, tables) => {
  const { deps, notes, statements } = startServer({ queryMs: 30 * SECOND });
  await followingUp(deps, async () => {
    notes[place].push(Date.now());
    pass(SECOND);
  });
  expect(new Set(statements)).toEqual(new Set(['look', ...tables]));
});

test('the changes that a replay replaces are noted before the noted changes are amended', async () => {
  const { deps, notes, statements } = startServer();
  await followingUp(deps, async () => {
    for (const times of Object.values(notes)) times.push(Date.now());
  });
  expect(statements).toEqual(['look', 'change_amendments', 'change_log', 'portfolio_companies']);
});

test('what was noted long before the insert is left alone', async () => {
  const { deps, notes, statements } = startServer();
  notes.change_amendments.push(Date.now() - 6 * SECOND);
  notes.portfolio_companies.push(Date.now() - 6 * SECOND);
  await followingUp(deps, async () => pass(60 * SECOND));
  expect(statements).toEqual(['look']);
});

test('if a round takes longer than clocks may differ, it is repeated, at most three times in all', async () => {
  const { deps, notes, statements } = startServer({ insertMs: 6 * SECOND });
  await followingUp(deps, async () => void notes.change_amendments.push(Date.now()));
  expect(statements).toEqual(['look', 'change_log', 'look', 'change_log', 'look', 'change_log']);
});

test('a look that fails fails the insert as unavailable, and nothing is inserted without the time of the server', async () => {
  const { deps, client } = startServer();
  client.query = async () => Promise.reject(new Error('away'));
  const insert = vi.fn(async () => {});
  await expect(followingUp(deps, insert)).rejects.toThrow(ClickHouseUnavailableError);
  expect(insert).not.toHaveBeenCalled();
});

test.each([
  ['the last part of a later revision is published', { stage: 'EXTRACTED', revision: 1 }, true],
  ['a part of a later revision is published', { stage: 'PARSED', revision: 1 }, false],
  ['a later revision failed', { stage: 'FAILED', revision: 1 }, false],
  ['the first revision is published', { stage: 'EXTRACTED', revision: 0 }, false],
] as const)('if a fact says that %s: former revisions have to be amended: %j, %j', (_, fact, isReplaced) => {
  const order = { account: 'main', orderNo: 'DD1' };
  expect(replacedBy({ ...order, ...fact })).toEqual(isReplaced ? order : undefined);
});
