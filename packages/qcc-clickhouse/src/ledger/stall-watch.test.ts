import { expect, test } from 'vitest';
import { createStallWatch, describeStalled, type LedgerReading, STALLED_AFTER_MS } from './stall-watch.ts';

const LOOK_MS = 30_000;
/** The number of readings without a change, the first one included, that make an order stalled. */
const STALLED_AT = STALLED_AFTER_MS / LOOK_MS;

/** Orders arrive in the order of their numbers: DD1 before DD2. */
const order = (orderNo: string, status: string, progress: unknown = 0, revision = 0): LedgerReading => ({
  orderNo,
  revision,
  status,
  firstFactAt: Number(orderNo.slice(2)),
  progress,
});
const STUCK = order('DD5', 'STORING', 'stuck');

/** The first look at which the order is stalled; null if it never is. */
function firstStall(orderNo: string, looks: readonly (readonly LedgerReading[])[]): number | null {
  const watch = createStallWatch({ stalledAfterMs: STALLED_AFTER_MS });
  const stalled = looks.map((readings, look) =>
    watch.judge(readings, look * LOOK_MS).some((each) => each.orderNo === orderNo),
  );
  const first = stalled.indexOf(true);
  return first < 0 ? null : first;
}
const looks = (count: number, readingsAt: (look: number) => LedgerReading[]) =>
  Array.from({ length: count }, (_, look) => readingsAt(look));

test.each<[string, (look: number) => LedgerReading[], number | null]>([
  ['STORING and nothing changes', () => [STUCK], STALLED_AT],
  ['EXTRACTING and nothing changes', () => [order('DD5', 'EXTRACTING')], STALLED_AT],
  ['RECEIVED and nobody takes it', () => [order('DD5', 'RECEIVED')], STALLED_AT],
  ['waiting for details, with its records stored', () => [order('DD5', 'DETAILS_PENDING')], null],
  ['FAILED', () => [order('DD5', 'FAILED')], null],
  ['INCOMPLETE', () => [order('DD5', 'INCOMPLETE')], null],
  ['STORING, with more stored at each look', (look) => [order('DD5', 'STORING', look)], null],
  ['STORING, with more stored once a minute', (look) => [order('DD5', 'STORING', look >> 1)], null],
  ['moving from status to status', (look) => [order('DD5', look < 3 ? 'EXTRACTING' : 'STORING')], 3 + STALLED_AT],
  ['replayed in the meantime', (look) => [look < 3 ? STUCK : order('DD5', 'EXTRACTING', 0, 1)], 3 + STALLED_AT],
  [
    'RECEIVED behind one that is published',
    (look) => [order('DD1', 'EXTRACTING', look), order('DD5', 'RECEIVED')],
    null,
  ],
  [
    'RECEIVED behind one that its archive keeps waiting',
    (look) => [order('DD1', 'RECEIVED', look >> 1), order('DD5', 'RECEIVED')],
    null,
  ],
  ['STORING behind one that is being stored', (look) => [order('DD1', 'STORING', look), STUCK], null],
  ['STORING behind one that is stuck as well', () => [order('DD1', 'STORING'), STUCK], STALLED_AT],
  ['STORING while a later one is stored', (look) => [STUCK, order('DD9', 'STORING', look)], STALLED_AT],
  ['STORING while an earlier one waits for QCC', (look) => [order('DD1', 'RECEIVED', look), STUCK], STALLED_AT],
  [
    'STORING while details of an earlier one settle',
    (look) => [order('DD1', 'DETAILS_PENDING', look), STUCK],
    STALLED_AT,
  ],
  [
    'STORING behind one that is done at last',
    (look) => [...(look < 3 ? [order('DD1', 'STORING')] : []), STUCK],
    3 + STALLED_AT,
  ],
  [
    'RECEIVED behind one that fails at last',
    (look) => [order('DD1', look < 3 ? 'RECEIVED' : 'FAILED'), order('DD5', 'RECEIVED')],
    3 + STALLED_AT,
  ],
])('an order that is %s', (_, readingsAt, expected) => {
  expect(firstStall('DD5', looks(12, readingsAt))).toBe(expected);
});

test('a stalled order is returned with the time of its last progress, and only its own progress ends the stall', () => {
  const watch = createStallWatch({ stalledAfterMs: STALLED_AFTER_MS });
  const judge = (look: number, ...readings: LedgerReading[]) => watch.judge(readings, look * LOOK_MS);
  const stalled = { orderNo: 'DD5', revision: 0, status: 'STORING', since: 0 };
  for (let look = 0; look < STALLED_AT; look += 1) expect(judge(look, STUCK)).toEqual([]);
  expect(judge(STALLED_AT, STUCK)).toEqual([stalled]);
  // An earlier one turns up and moves.
  expect(judge(STALLED_AT + 1, order('DD1', 'STORING', 1), STUCK)).toEqual([stalled]);
  expect(judge(STALLED_AT + 2, order('DD1', 'STORING', 2), STUCK)).toEqual([stalled]);
  // Nobody looked for an hour.
  expect(judge(200, STUCK)).toEqual([stalled]);
  expect(judge(201, order('DD5', 'STORING', 'one more is stored'))).toEqual([]);
  expect(judge(202, STUCK)).toEqual([]);
  expect(judge(203)).toEqual([]);
});

test('time without readings does not count', () => {
  const watch = createStallWatch({ stalledAfterMs: STALLED_AFTER_MS });
  const HOUR_MS = 3_600_000;
  expect(watch.judge([STUCK], 0)).toEqual([]);
  expect(watch.judge([STUCK], HOUR_MS)).toEqual([]);
  for (let look = 1; look < STALLED_AT; look += 1) expect(watch.judge([STUCK], HOUR_MS + look * LOOK_MS)).toEqual([]);
  expect(watch.judge([STUCK], HOUR_MS + STALLED_AFTER_MS)).toHaveLength(1);
});

test('the description names the orders, their status, the time and the remedy, and at most as many orders as asked', () => {
  const stalled = [1, 2, 3].map((number) => ({
    orderNo: `DD${number}`,
    revision: 0,
    status: 'STORING' as const,
    since: Date.UTC(2026, 10, 24, 2),
  }));
  expect(describeStalled([], { most: 2 })).toBeNull();
  expect(describeStalled(stalled.slice(0, 1), { most: 2 })).toBe(
    '1 order makes no progress: DD1 is STORING since 2026-11-24T02:00:00.000Z; if all other services are ready, `npx qcc audit DD1` says what is missing and where',
  );
  expect(describeStalled(stalled, { most: 2 })).toMatch(/^3 orders make no progress: DD1 .*, DD2 .*Z, …; /);
});

test('the description suggests a command that a shell takes as it is meant, whatever the order is called', () => {
  const order = { orderNo: 'DD1; $(id)', revision: 0, status: 'RECEIVED' as const, since: 0 };
  expect(describeStalled([order], { most: 1 })).toContain("`npx qcc audit 'DD1; $(id)'` says");
});
