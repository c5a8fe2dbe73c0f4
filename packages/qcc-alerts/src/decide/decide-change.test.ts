import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { type changeRecord, PUSH_DATE } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import type { Rule } from '../rules/rules-schema.ts';
import { debtor, enrichedRecord, ruleOf } from '../testing/changes.ts';
import { decideChange } from './decide-change.ts';
import type { EventState } from './event.ts';

const NOBODY = { has: () => false };
const NOTHING = { has: () => false };
const DAY_MS = 86_400_000;

/** Reads versions one after another, and returns the rules that each of them made an alert for, and the ids. */
function decideAll(versions: readonly EnrichedRecord[], rules: readonly Rule[], startedAt = 0) {
  const known = new Map<string, EventState>();
  return versions.map((enriched) => {
    const decision = decideChange(
      { rules, portfolios: NOBODY, erasures: NOTHING, startedAt },
      { enriched, writtenAt: enriched.record.pushDate, known: known.get(enriched.record.id), now: PUSH_DATE },
    );
    if (decision.kind === 'nothing') return [];
    known.set(enriched.record.id, decision.state);
    return decision.alerts.map(({ alert }) => alert);
  });
}

const push = (day: number, given: Parameters<typeof enrichedRecord>[0] = {}, more = {}) =>
  enrichedRecord({ pushDate: PUSH_DATE + day * DAY_MS, orderNo: `DDMON${day}`, ...given }, more);
const listed = (day: number, given = {}) =>
  push(day, { changeContent: '被列入经营异常名录', eventDate: 18_000, ...given });
const removed = (day: number, given = {}) =>
  push(day, { changeContent: '被移出经营异常名录', eventDate: 18_000, ...given });
const LISTING = ruleOf({ directions: ['列入'] });

test.each<[string, EnrichedRecord[], number[]]>([
  ['the same change pushed again is one event', [listed(0), listed(1), listed(9)], [1, 0, 0]],
  ['a listing after a removal under the same id is another one', [listed(0), removed(1), listed(2)], [1, 0, 1]],
  ['a listing of another day under the same id is another one', [listed(0), listed(3, { eventDate: 18_003 })], [1, 1]],
  [
    'a listing under another id is another one',
    [listed(0), removed(1, { id: 'b' }), listed(2, { id: 'c' })],
    [1, 0, 1],
  ],
  ['a push that does not say the day is the same event', [listed(0), listed(1, { eventDate: null })], [1, 0]],
  ['a replay of the order is the same event', [listed(0), listed(0, { revision: 1, source: 'replay' })], [1, 0]],
  ['an older push that comes late changes nothing', [listed(5), removed(1), listed(6)], [1, 0, 0]],
  ['an older push makes an alert if no rule fitted the newer one', [removed(5), listed(1)], [0, 1]],
  ['an unclear text begins no event', [listed(0), push(1, { changeContent: '？', eventDate: 18_000 })], [1, 0]],
])('%s', (_, versions, alerts) => {
  expect(decideAll(versions, [LISTING]).map(({ length }) => length)).toEqual(alerts);
});

test('each event of a change has an alert with its own id, and each rule too', () => {
  const rules = [LISTING, ruleOf({ name: 'other' })];
  const ids = decideAll([listed(0), removed(1), listed(2)], rules)
    .flat()
    .map(({ id }) => id);
  expect(ids).toHaveLength(5);
  expect(new Set(ids).size).toBe(5);
  expect(
    decideAll([listed(0), removed(1), listed(2)], rules)
      .flat()
      .map(({ id }) => id),
  ).toEqual(ids);
});

test('the date of other types has no meaning, so it begins no event', () => {
  const renamed = (day: number, eventDate: number) =>
    push(day, { type: '5', changeContent: '企业名称变更', eventDate });
  expect(decideAll([renamed(0, 1), renamed(1, 2)], [ruleOf()]).map(({ length }) => length)).toEqual([1, 0]);
});

const debt = (detailStatus: string, amounts: (string | null)[], more: Partial<EnrichedRecord> = {}) =>
  push(
    0,
    { type: '11', changeContent: '新增失信被执行人' },
    { detailStatus, dishonestDebtors: amounts.map(debtor), ...more },
  );

test('a rule without details alerts on the pending version, and not again when it settles', () => {
  expect(decideAll([debt('PENDING', []), debt('ENRICHED', ['5'])], [ruleOf()]).map(({ length }) => length)).toEqual([
    1, 0,
  ]);
});

test('a rule with an amount waits for the settled version', () => {
  const rule = ruleOf({ amount: { min: 1_000_000 } });
  const versions = [debt('PENDING', []), debt('ENRICHED', ['400000.50', '599999.50'])];
  expect(decideAll(versions, [rule]).map(({ length }) => length)).toEqual([0, 1]);
  expect(
    decideAll(versions, [rule, ruleOf({ name: 'any' })]).map((each) => each.map(({ rule: name }) => name)),
  ).toEqual([['any'], ['rule']]);
});

test.each<[string, object, EnrichedRecord, boolean]>([
  ['the sum is below', { min: 100 }, debt('ENRICHED', ['50', '49.99']), false],
  ['the sum is the limit', { min: 100 }, debt('ENRICHED', ['50', '50.00']), true],
  ['the sum is above the most', { max: 100 }, debt('ENRICHED', ['100.01']), false],
  ['a case has no amount', { min: 100 }, debt('ENRICHED', ['50', null]), true],
  ['a case has no amount, and the others are above the most', { max: 10 }, debt('ENRICHED', ['50', null]), false],
  ['the list lacks rows', { min: 100 }, debt('ENRICHED', ['50'], { detailsComplete: false }), true],
  ['the details left the message', { min: 100 }, debt('ENRICHED', [], { detailsTruncated: true }), true],
  ['the details never come', { min: 100 }, debt('FAILED', []), true],
  ['QCC has no details', { min: 100 }, debt('NO_RESULT', []), true],
  ['the change has no 校验ID', { min: 100 }, debt('NO_CHECK_ID', []), true],
  ['the change is of another type', { min: 0 }, listed(0), false],
])('an amount: %s', (_, amount, enriched, fits) => {
  expect(decideAll([enriched], [ruleOf({ amount })])[0]!.length === 1).toBe(fits);
});

test.each<[object, Partial<ReturnType<typeof changeRecord>>, boolean]>([
  [{ types: [2, '10'] }, { type: '2' }, true],
  [{ types: ['经营异常'] }, { type: '2' }, true],
  [{ types: ['11'] }, { type: '2' }, false],
  [{ types: ['99'] }, { type: '99' }, true],
  [{ categories: ['高风险信息'] }, { category: '1' }, true],
  [{ categories: [1] }, { category: '2' }, false],
  [{ categories: [1] }, { category: null }, false],
  [{ directions: ['移出'] }, { changeContent: '被列入经营异常名录' }, false],
  [{ directions: ['列入'] }, { changeContent: null }, false],
  [{ companies: ['key'] }, { corpKeyNo: 'key' }, true],
  [{ companies: ['91110000600037341l'] }, { creditCode: '91110000600037341L' }, true],
  [{ companies: ['甲（北京）有限公司'] }, { corpName: '甲(北京)有限公司' }, true],
  [{ companies: ['甲'] }, { corpName: '甲有限公司', corpKeyNo: 'k' }, false],
  [{ portfolio: 'default' }, {}, false],
])('the rule %o and the change %o: %s', (given, record, fits) => {
  expect(decideAll([enrichedRecord(record)], [ruleOf(given)])[0]!.length === 1).toBe(fits);
});

test('an erased record makes no alert, also if it was known before', () => {
  const known = { direction: null, eventDate: null, episode: 0, version: new Uint8Array(32), rules: [] };
  const erasures = { has: ({ id }: { id: string }) => id === 'erased' };
  const decide = (id: string) =>
    decideChange(
      { rules: [LISTING], portfolios: NOBODY, erasures, startedAt: 0 },
      { enriched: listed(0, { id }), writtenAt: PUSH_DATE, known, now: PUSH_DATE },
    );
  expect(decide('erased')).toEqual({ kind: 'nothing' });
  expect(decide('other')).toMatchObject({ kind: 'decided', alerts: [{}] });
});

test('changes from before the first start make no alert, nor do their replays', () => {
  const startedAt = PUSH_DATE + DAY_MS;
  expect(decideAll([listed(0)], [LISTING], startedAt)).toEqual([[]]);
  const replayed = decideChange(
    { rules: [LISTING], portfolios: NOBODY, erasures: NOTHING, startedAt },
    {
      enriched: listed(0, { source: 'replay' }),
      writtenAt: startedAt + 5,
      known: undefined,
      now: startedAt + 5,
    },
  );
  expect(replayed).toEqual({ kind: 'nothing' });
  expect(decideAll([listed(1)], [LISTING], startedAt)[0]).toHaveLength(1);
});
