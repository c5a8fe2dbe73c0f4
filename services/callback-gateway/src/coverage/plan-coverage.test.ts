import { formatShanghaiDateTime, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import type { Checked, Coverage } from 'qcc-core/kafka/messages/coverage-fact';
import type { ListedOrder, UnnamedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import { describe, expect, test } from 'vitest';
import { foldCoverage } from './coverage-state.ts';
import { type CoverageInput, planCoverage } from './plan-coverage.ts';
import { nameOfGap } from './unnamed-orders.ts';

const DAY = '2026-03-16';
const at = (time: string) => parseShanghaiDateTime(time.length === 8 ? `${DAY} ${time}` : time)!;
const order = (orderNo: string, time: string | null): ListedOrder => ({
  orderNo,
  createDate: time === null ? null : at(time),
});
/** Thirty orders, a minute apart, the first of them at `time`. */
const full = (name: string, time: string): ListedOrder[] =>
  Array.from({ length: 30 }, (_, index) => ({ orderNo: `${name}${index}`, createDate: at(time) + index * 60_000 }));

/** A row without a number, and the orders around it. */
const unnamed = (
  time: string | null,
  around: Partial<Pick<UnnamedOrder, 'newer' | 'older' | 'row'>> = {},
): UnnamedOrder => ({
  why: 'no_number',
  createDate: time === null ? null : at(time),
  row: '{}',
  newer: null,
  older: null,
  ...around,
});

type Check = {
  at: string;
  listed: ListedOrder[];
  unnamed?: UnnamedOrder[];
  unread?: number;
  closed?: string;
  notDone?: string[];
} & Partial<Pick<CoverageInput, 'pushWindows'>>;

/** Checks one after the other, each knowing what those before it stated. */
function run(checks: readonly Check[]) {
  const facts: Coverage[] = [];
  const steps = checks.map(({ notDone = [], pushWindows = [9, 11], ...check }) => {
    if (check.closed)
      facts.push({
        kind: 'GAP_CLOSED',
        account: 'main',
        at: at(check.at),
        gap: check.closed,
        reason: 'found',
        decidedBy: '张三',
      });
    const stated = planCoverage({
      account: 'main',
      listed: check.listed,
      unnamed: check.unnamed ?? [],
      unread: check.unread ?? 0,
      isDone: (orderNo) => !notDone.includes(orderNo),
      state: foldCoverage('main', facts),
      at: at(check.at),
      pushWindows,
      graceMs: 60_000,
    });
    facts.push(...stated);
    return stated;
  });
  return { steps, state: foldCoverage('main', facts) };
}

/** `09-11 covered closed complete A,B`, with the month and day in front where it is another. */
function describeCheck(check: Checked): string {
  const day = formatShanghaiDateTime(check.windowStart).slice(5, 10);
  return [
    ...(day === DAY.slice(5) ? [] : [day]),
    check.pushWindow,
    ...(['covered', 'closed', 'complete'] as const).filter((name) => check[name]),
    ...(check.orders.length > 0 ? [check.orders.map(({ orderNo }) => orderNo).join(',')] : []),
  ].join(' ');
}
const last = (checks: readonly Check[]) =>
  run(checks)
    .steps.at(-1)!
    .flatMap((fact) => (fact.kind === 'CHECKED' ? [describeCheck(fact)] : [`${fact.kind} ${fact.gap}`]));

describe('windows', () => {
  test.each<[string, Check[], string[]]>([
    ['nothing is stated before the first window', [{ at: '08:00:00', listed: [] }], []],
    ['one that has begun is covered, not closed', [{ at: '09:30:00', listed: [] }], ['09-11 covered']],
    ['one within the grace is not closed', [{ at: '11:00:59', listed: [] }], ['09-11 covered', '11-13 covered']],
    [
      'one after the grace is closed and complete without orders',
      [{ at: '11:01:00', listed: [] }],
      ['09-11 covered closed complete', '11-13 covered'],
    ],
    [
      'none is closed while rows of the list are not read',
      [{ at: '11:01:00', listed: [order('A', '09:00:00')], unread: 20 }],
      ['09-11 covered A', '11-13 covered'],
    ],
    [
      'one before a full list is not covered by an empty list after it',
      [
        { at: '11:01:00', listed: full('A', '10:15:00') },
        { at: '11:11:00', listed: [] },
      ],
      [expect.stringMatching(/^09-11 closed A0,/), '11-13 covered'],
    ],
    [
      'one before a full list is not covered by a short list that lacks a known order',
      [
        { at: '11:01:00', listed: full('A', '10:15:00') },
        { at: '11:11:00', listed: full('A', '10:15:00').slice(1) },
      ],
      [expect.stringMatching(/^09-11 closed A0,/), '11-13 covered'],
    ],
    [
      'its orders stand in it, the oldest first',
      [{ at: '11:01:00', listed: [order('B', '10:00:00'), order('A', '09:00:00')] }],
      ['09-11 covered closed complete A,B', '11-13 covered'],
    ],
    [
      'it is not complete while one of them is not done',
      [{ at: '11:01:00', listed: [order('A', '09:00:00')], notDone: ['A'] }],
      ['09-11 covered closed A', '11-13 covered'],
    ],
    [
      'it is published again once it is done',
      [
        { at: '11:01:00', listed: [order('A', '09:00:00')], notDone: ['A'] },
        { at: '11:02:00', listed: [order('A', '09:00:00')] },
      ],
      ['09-11 covered closed complete A', '11-13 covered'],
    ],
    [
      'a final one is not stated again',
      [
        { at: '13:01:00', listed: [order('A', '09:00:00')] },
        { at: '13:11:00', listed: [order('A', '09:00:00')] },
      ],
      [],
    ],
    [
      'a final one is, with an order that was listed late',
      [
        { at: '13:01:00', listed: [order('A', '09:00:00')] },
        { at: '13:11:00', listed: [order('B', '09:30:00'), order('A', '09:00:00')], notDone: ['B'] },
      ],
      ['09-11 covered closed A,B'],
    ],
    [
      'an order that has left the list stays in its window',
      [
        { at: '10:59:00', listed: [order('A', '09:00:00')] },
        { at: '11:01:00', listed: [order('B', '11:00:30'), order('C', '09:10:00')] },
      ],
      ['GAP A..C', '09-11 covered closed complete A,C', '11-13 covered B'],
    ],
    [
      'what is created outside them has a window of its own, closed after midnight',
      [
        { at: '22:00:00', listed: [order('A', '21:30:00')] },
        { at: '2026-03-17 00:01:00', listed: [order('A', '21:30:00')] },
      ],
      ['other covered closed complete A'],
    ],
    [
      'an order of unknown date counts as just created, and stays where it was put',
      [
        { at: '09:30:00', listed: [order('A', null)] },
        { at: '11:30:00', listed: [order('A', null)] },
      ],
      ['09-11 covered closed complete A', '11-13 covered'],
    ],
    [
      'after an outage every window of the meantime is stated',
      [
        { at: '09:30:00', listed: [order('A', '09:00:00')] },
        { at: '2026-03-17 09:30:00', listed: [order('A', '09:00:00')] },
      ],
      ['09-11 covered closed complete A', '11-13 covered closed complete', '03-17 09-11 covered'],
    ],
    [
      'a list that is not full covers all the days it reaches back, whatever came before',
      [
        { at: '09:30:00', listed: [] },
        { at: '09:40:00', listed: [order('A', '2026-03-15 11:30:00')] },
      ],
      ['03-15 09-11 covered closed complete', '03-15 11-13 covered closed complete A', '09-11 covered'],
    ],
    [
      'a full list covers no window that began before its oldest order',
      [{ at: '13:30:00', listed: full('A', '09:10:00') }],
      [expect.stringMatching(/^09-11 closed A0,.*A29$/) as unknown as string, '11-13 covered closed complete'],
    ],
    [
      'another setting of the windows leaves what was stated alone',
      [
        { at: '13:01:00', listed: [order('A', '09:00:00')] },
        { at: '14:01:00', listed: [order('A', '09:00:00')], pushWindows: [10, 13] },
      ],
      ['13-15 covered'],
    ],
    [
      'a wild date does not bring its thousands of windows',
      [{ at: '09:30:00', listed: [order('A', '1999-01-01 09:00:00')] }],
      expect.objectContaining({ length: 2 * 400 + 2 }) as unknown as string[],
    ],
  ])('%s', (_name, checks, expected) => {
    expect(last(checks)).toEqual(expected);
  });
});

describe('gaps', () => {
  const gapOf = (checks: readonly Check[]) => {
    const gap = run(checks)
      .steps.at(-1)!
      .find((fact) => fact.kind === 'GAP');
    return gap && [gap.gap, ...[gap.after, gap.before].map((time) => formatShanghaiDateTime(time).slice(11))];
  };

  test.each<[string, Check[], ReturnType<typeof gapOf>]>([
    ['the first check reveals none', [{ at: '10:00:00', listed: full('A', '09:10:00') }], undefined],
    [
      'lists that share an order leave none',
      [
        { at: '09:50:00', listed: full('A', '09:10:00') },
        { at: '10:50:00', listed: [...full('A', '09:10:00').slice(29), ...full('B', '10:00:00').slice(1)] },
      ],
      undefined,
    ],
    [
      'lists that share none leave one, from the check before to the oldest listed',
      [
        { at: '09:50:00', listed: full('A', '09:10:00') },
        { at: '10:50:00', listed: full('B', '10:10:00') },
      ],
      ['A29..B0', '09:50:00', '10:10:00'],
    ],
    [
      'so does a full list after an empty one',
      [
        { at: '09:00:00', listed: [] },
        { at: '10:50:00', listed: full('B', '10:10:00') },
      ],
      ['..B0', '09:00:00', '10:10:00'],
    ],
    [
      'a list that is not full leaves none after an empty one',
      [
        { at: '09:00:00', listed: [] },
        { at: '10:50:00', listed: [order('B', '10:10:00')] },
      ],
      undefined,
    ],
    [
      'a short list that names nothing known, all of it newer, leaves one',
      [
        { at: '09:30:00', listed: [order('A', '09:10:00')] },
        { at: '10:50:00', listed: [order('B', '10:10:00')] },
      ],
      ['A..B', '09:30:00', '10:10:00'],
    ],
    [
      'where the clock is behind the orders the newest known order bounds it',
      [
        { at: '20:00:00', listed: [order('A', '09:10:00')] },
        { at: '20:10:00', listed: [order('B', '10:10:00')] },
      ],
      ['A..B', '09:10:00', '10:10:00'],
    ],
    [
      'an older order that turns up is none',
      [
        { at: '09:30:00', listed: [order('A', '09:10:00')] },
        { at: '10:50:00', listed: [order('B', '09:00:00')] },
      ],
      undefined,
    ],
    [
      'an empty list is none',
      [
        { at: '09:30:00', listed: [order('A', '09:10:00')] },
        { at: '10:50:00', listed: [] },
      ],
      undefined,
    ],
    [
      'it is found once',
      [
        { at: '09:50:00', listed: full('A', '09:10:00') },
        { at: '10:50:00', listed: full('B', '10:10:00') },
        { at: '10:51:00', listed: full('B', '10:10:00') },
      ],
      undefined,
    ],
  ])('%s', (_name, checks, expected) => {
    expect(gapOf(checks)).toEqual(expected);
  });

  test('one stays open until a person closes it', () => {
    const { steps, state } = run([
      { at: '09:50:00', listed: full('A', '09:10:00') },
      { at: '10:50:00', listed: full('B', '10:10:00') },
    ]);
    expect(state.openGaps.map(({ gap }) => gap)).toEqual(['A29..B0']);
    const closed = { kind: 'GAP_CLOSED', account: 'main', at: 1, gap: 'A29..B0', reason: '已核对', decidedBy: '张' };
    expect(foldCoverage('main', [...steps.flat(), closed as Coverage]).openGaps).toEqual([]);
  });
});

test('two instances that check at the same time state the same', () => {
  const before = run([{ at: '09:30:00', listed: [order('A', '09:10:00')] }]).steps.flat();
  const plan = () =>
    planCoverage({
      account: 'main',
      listed: full('B', '10:10:00'),
      isDone: () => true,
      state: foldCoverage('main', before),
      at: at('11:30:00'),
      pushWindows: [9, 11],
      graceMs: 60_000,
    });
  expect(plan()).toEqual(plan());
});

test('facts of another account are passed over', () => {
  const { steps } = run([{ at: '09:30:00', listed: [order('A', '09:10:00')] }]);
  expect(foldCoverage('other', steps.flat())).toMatchObject({ lastCheckAt: null, coveredFrom: null });
});

describe('an order without a number', () => {
  const [A, B] = [order('A', '09:00:00'), order('B', '10:00:00')];
  const OLD = order('OLD', '2026-03-15 09:00:00');
  const gapAt = (time: string, nth = 1) => nameOfGap({ createDate: at(time) }, nth);
  const gapBehind = (older: string, nth = 1) => nameOfGap({ older }, nth);
  const GAP = gapAt('09:30:00');
  const found: Check = { at: '11:01:00', listed: [B, A], unnamed: [unnamed('09:30:00')] };

  test.each<[string, Check[], string[]]>([
    ['is a gap, and its window is not closed', [found], [`GAP ${GAP}`, '09-11 covered A,B', '11-13 covered']],
    [
      'is the same gap in the next list, and its window stays open',
      [found, { ...found, at: '11:11:00' }],
      ['09-11 covered A,B', '11-13 covered'],
    ],
    [
      'opens a window again that was complete without it',
      [
        { at: '11:01:00', listed: [B, A] },
        { ...found, at: '11:11:00' },
      ],
      [`GAP ${GAP}`, '09-11 covered A,B', '11-13 covered'],
    ],
    [
      'leaves the windows alone that it cannot be in',
      [{ ...found, at: '13:01:00', unnamed: [unnamed('11:30:00')] }],
      [`GAP ${gapAt('11:30:00')}`, '09-11 covered closed complete A,B', '11-13 covered'],
    ],
    [
      'ends when the list has its number',
      [found, { at: '11:11:00', listed: [B, order('X', '09:30:00'), A] }],
      [`GAP_CLOSED ${GAP}`, '09-11 covered closed complete A,X,B', '11-13 covered'],
    ],
    [
      'does not end when it has left the list without a number',
      [found, { at: '13:01:00', listed: full('N', '11:10:00') }],
      ['GAP B..N0', '09-11 covered A,B', expect.stringMatching(/^11-13 covered closed complete N0,/)],
    ],
    [
      'does not end when its row is gone and no number has come for it',
      [found, { at: '11:11:00', listed: [B, A] }],
      ['09-11 covered A,B', '11-13 covered'],
    ],
    [
      'does not end when the list is empty for once',
      [found, { at: '11:11:00', listed: [] }],
      ['09-11 covered A,B', '11-13 covered'],
    ],
    [
      'does not end when another order is named',
      [found, { at: '11:11:00', listed: [order('C', '10:59:00'), B, A] }],
      ['09-11 covered A,B,C', '11-13 covered'],
    ],
    [
      'is one of two that one new order can end: only one of them does',
      [
        { ...found, unnamed: [unnamed(null, { newer: B, older: A }), unnamed(null, { newer: B, older: A })] },
        { at: '11:11:00', listed: [B, order('X', '09:30:00'), A] },
      ],
      [`GAP_CLOSED ${gapBehind('A')}`, '09-11 covered A,X,B', '11-13 covered'],
    ],
    [
      'with its date ends before another one without a date, which ends with the next new order',
      [
        { ...found, unnamed: [unnamed(null, { newer: B, older: A }), unnamed('09:30:00')] },
        { at: '11:11:00', listed: [B, order('X', '09:30:00'), A] },
        { at: '11:21:00', listed: [B, order('Y', '09:40:00'), order('X', '09:30:00'), A] },
      ],
      [`GAP_CLOSED ${gapBehind('A')}`, '09-11 covered closed complete A,X,Y,B', '11-13 covered'],
    ],
    [
      'is one of two that two new orders end, whatever their order',
      [
        { ...found, unnamed: [unnamed(null, { newer: B, older: A }), unnamed('09:30:00')] },
        { at: '11:11:00', listed: [B, order('Y', '09:40:00'), order('X', '09:30:00'), A] },
      ],
      [
        `GAP_CLOSED ${gapAt('09:30:00')}`,
        `GAP_CLOSED ${gapBehind('A')}`,
        '09-11 covered closed complete A,X,Y,B',
        '11-13 covered',
      ],
    ],
    [
      'is not ended by an order that the list names twice, if another one needs it',
      [
        { ...found, unnamed: [unnamed(null, { newer: B, older: A }), unnamed(null, { newer: B, older: A })] },
        { at: '11:11:00', listed: [B, order('X', '09:30:00'), order('X', '09:30:00'), A] },
      ],
      [`GAP_CLOSED ${gapBehind('A')}`, '09-11 covered A,X,B', '11-13 covered'],
    ],
    [
      'ends although another one has no number',
      [found, { at: '11:11:00', listed: [B, order('X', '09:30:00'), A], unnamed: [unnamed('10:30:00')] }],
      [`GAP ${gapAt('10:30:00')}`, `GAP_CLOSED ${GAP}`, '09-11 covered A,X,B', '11-13 covered'],
    ],
    [
      'does not end while another one has no number',
      [found, { at: '11:11:00', listed: [B, A], unnamed: [unnamed('10:30:00')] }],
      [`GAP ${gapAt('10:30:00')}`, '09-11 covered A,B', '11-13 covered'],
    ],
    [
      'ends when a person closes it, although it is still listed',
      [found, { ...found, at: '11:11:00', closed: GAP }],
      ['09-11 covered closed complete A,B', '11-13 covered'],
    ],
    [
      'is not a gap if an earlier list named the order',
      [
        { at: '11:01:00', listed: [B, A] },
        { at: '11:11:00', listed: [A], unnamed: [unnamed('10:00:00')] },
      ],
      ['11-13 covered'],
    ],
    [
      'is not a gap if it has no date and an earlier list named an order between its neighbors',
      [
        { at: '11:01:00', listed: [B, A], notDone: ['B'] },
        { at: '11:11:00', listed: [A], unnamed: [unnamed(null, { older: A })], notDone: ['B'] },
      ],
      ['09-11 covered closed A,B', '11-13 covered'],
    ],
    [
      'is a gap if the order that an earlier list named is matched with another row',
      [
        { at: '11:01:00', listed: [B, A] },
        { at: '11:11:00', listed: [A], unnamed: [unnamed('10:00:00'), unnamed('10:00:00')] },
      ],
      [`GAP ${gapAt('10:00:00')}`, '09-11 covered A,B', '11-13 covered'],
    ],
    [
      'is the same gap although another field of its row has changed',
      [found, { ...found, at: '11:11:00', unnamed: [unnamed('09:30:00', { row: '{"serverTime":2}' })] }],
      ['09-11 covered A,B', '11-13 covered'],
    ],
    [
      'is a second gap if another one has the same date',
      [found, { ...found, at: '11:11:00', unnamed: [unnamed('09:30:00'), unnamed('09:30:00')] }],
      [`GAP ${gapAt('09:30:00', 2)}`, '09-11 covered A,B', '11-13 covered'],
    ],
    [
      'and without a date is the same gap although another field of its row has changed',
      [
        { ...found, unnamed: [unnamed(null, { newer: B, older: A })] },
        { ...found, at: '11:11:00', unnamed: [unnamed(null, { newer: B, older: A, row: '{"serverTime":2}' })] },
      ],
      ['09-11 covered A,B', '11-13 covered'],
    ],
    [
      'and without a date is a second gap if another one has the same neighbors',
      [
        { ...found, unnamed: [unnamed(null, { newer: B, older: A })] },
        {
          ...found,
          at: '11:11:00',
          unnamed: [unnamed(null, { newer: B, older: A }), unnamed(null, { newer: B, older: A })],
        },
      ],
      [`GAP ${gapBehind('A', 2)}`, '09-11 covered A,B', '11-13 covered'],
    ],
    [
      'and without a date is the same gap when its older neighbor has left the list',
      [
        { ...found, unnamed: [unnamed(null, { newer: B, older: A })] },
        { at: '11:11:00', listed: [order('C', '10:30:00'), B], unnamed: [unnamed(null, { newer: B })] },
      ],
      ['09-11 covered A,B,C', '11-13 covered'],
    ],
    [
      'and without a date is the same gap when its older neighbor, of the day before, has left the list',
      [
        { at: '11:01:00', listed: [B, OLD], unnamed: [unnamed(null, { newer: B, older: OLD })] },
        { at: '11:11:00', listed: [order('C', '10:30:00'), B], unnamed: [unnamed(null, { newer: B })] },
      ],
      ['03-15 09-11 covered OLD', '03-15 11-13 covered', '09-11 covered B,C', '11-13 covered'],
    ],
    [
      'and without a date may be in any window between its neighbors',
      [
        {
          at: '13:01:00',
          listed: [order('C', '12:00:00'), A],
          unnamed: [unnamed(null, { newer: order('C', '12:00:00'), older: A })],
        },
      ],
      [`GAP ${gapBehind('A')}`, '09-11 covered A', '11-13 covered C'],
    ],
    [
      'and without a date, the oldest of its list, may be in any window of the day before its neighbor',
      [
        {
          at: '13:01:00',
          listed: [order('C', '12:00:00')],
          unnamed: [unnamed(null, { newer: order('C', '12:00:00') })],
        },
      ],
      [`GAP ${gapBehind('')}`, '09-11 covered', '11-13 covered C'],
    ],
    [
      'counts as one of the thirty: with it the list is full, and names not all there are',
      [{ at: '13:01:00', listed: full('N', '11:10:00').slice(1), unnamed: [unnamed('11:10:00')] }],
      [`GAP ${gapAt('11:10:00')}`, '09-11 closed', expect.stringMatching(/^11-13 N1,/)],
    ],
  ])('%s', (_, checks, expected) => {
    expect(last(checks)).toEqual(expected);
  });
});
