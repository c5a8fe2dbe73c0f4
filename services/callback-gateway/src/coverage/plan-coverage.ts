import type { CoveredOrder } from 'qcc-core/contract/domain';
import type { Checked, Gap, GapClosed } from 'qcc-core/kafka/messages/coverage-fact';
import type { ListedOrder, UnnamedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import { HORIZON_ORDERS } from '../reconcile/plan-reconcile.ts';
import type { CoverageState } from './coverage-state.ts';
import { dayStart, type PushWindow, windowKey, windowOf, windowsBetween } from './push-windows.ts';
import { planUnnamed } from './unnamed-orders.ts';

/** Windows further back than any list should reach are not looked at: a wild date must not make a million facts. */
const FURTHEST_BACK_MS = 400 * 86_400_000;

export type CoverageInput = {
  account: string;
  listed: readonly ListedOrder[];
  /** Rows of the list that name no order. */
  unnamed?: readonly UnnamedOrder[];
  /** How many rows of the list were not read. */
  unread?: number;
  /** Whether an order is published whole and confirmed. */
  isDone: (orderNo: string) => boolean;
  state: CoverageState;
  /** When the list was asked for, milliseconds since the epoch. */
  at: number;
  /** Shanghai hours at which push windows begin. */
  pushWindows: readonly number[];
  graceMs: number;
};

/**
 * Returns the facts that one response of listLatestOrderNo adds to the coverage: the gaps that it reveals or ends, if any, then the windows
 * about which it says more than is known. Facts about final windows (complete, nothing new listed) are not published again. A window that
 * may contain an order without a number is not closed. No further window is closed while the list has rows that are not read.
 */
export function planCoverage(input: CoverageInput): (Gap | GapClosed | Checked)[] {
  const { listed, unnamed = [], unread = 0, state, at, isDone } = input;
  const gap = findGap(input);
  const oldest = oldestDate(listed);
  const reach = hasAllOrders(input) ? -Infinity : (oldest ?? at);
  const { found, closed: ended, open } = planUnnamed({ ...input, unnamed });
  const coveredFrom = Math.min(reach, state.coveredFrom ?? state.lastCheckAt ?? Infinity);

  const placed = Map.groupBy(listed, (order) => windowKey(place(input, order)));
  const checks = windowsToCheck(input, oldest).flatMap((window): Checked[] => {
    const known = state.windows.get(windowKey(window));
    const orders = union(known?.orders ?? [], placed.get(windowKey(window)) ?? []);
    const isHeld = open.some(({ after, before }) => after < window.end && before >= window.start);
    const isFinal = known?.closed && known.complete && !isHeld;
    if (isFinal && orders.length === known.orders.length) return [];
    const covered = known?.covered || window.start >= coveredFrom;
    const isOver = unread === 0 && at >= window.end + input.graceMs;
    const closed = !isHeld && (known?.closed || isOver);
    return [
      {
        kind: 'CHECKED',
        account: input.account,
        at,
        day: window.day,
        pushWindow: window.pushWindow,
        windowStart: window.start,
        windowEnd: window.end,
        orders,
        covered,
        closed,
        complete: covered && closed && orders.every(({ orderNo }) => isDone(orderNo)),
        pushWindows: [...input.pushWindows],
      },
    ];
  });
  return [...(gap ? [gap] : []), ...found, ...ended, ...checks];
}

/**
 * A list with fewer than thirty rows has all orders of the account. But one that lacks an order of an earlier list is
 * not whole, because an order leaves the list only when thirty newer ones are on it.
 */
function hasAllOrders({ listed, unnamed = [], state }: CoverageInput): boolean {
  const rows = new Set(listed.map(({ orderNo }) => orderNo)).size + unnamed.length;
  const known = new Set([...state.windowOfOrder.keys(), ...listed.map(({ orderNo }) => orderNo)]).size;
  return rows < HORIZON_ORDERS && known <= rows;
}

/**
 * Two lists that share an order have no gap between them. If the list has no order that an earlier list named, other orders may have come
 * and left the list unseen, and nobody can tell how many. Orders that are known only from callbacks do not count here, because the callback
 * of the newest order says nothing about the orders before it.
 */
function findGap({ account, listed, state, at }: CoverageInput): Gap | null {
  const first = oldestFirst(listed)[0];
  if (first === undefined || state.lastCheckAt === null) return null;
  if (listed.some(({ orderNo }) => state.windowOfOrder.has(orderNo))) return null;
  const newest = oldestFirst([...state.windows.values()].flatMap(({ orders }) => orders)).at(-1);
  if (newest === undefined && listed.length < HORIZON_ORDERS) return null;
  const knownUntil = newest?.createDate ?? null;
  if (knownUntil !== null && first.createDate !== null && first.createDate < knownUntil) return null;
  const before = first.createDate ?? at;
  const after = state.lastCheckAt <= before ? state.lastCheckAt : (knownUntil ?? before);
  return { kind: 'GAP', account, at, gap: `${newest?.orderNo ?? ''}..${first.orderNo}`, after, before };
}

/** All known windows, the push windows before the first known one or since the last check, and the windows of listed orders. */
function windowsToCheck(
  { listed, state, at, pushWindows, ...rest }: CoverageInput,
  oldest: number | null,
): PushWindow[] {
  const known = [...state.windows.values()];
  const firstStart = known.reduce((least, { windowStart }) => Math.min(least, windowStart), Infinity);
  const lastCheckAt = state.lastCheckAt ?? -Infinity;
  const from = Math.max(Math.min(dayStart(at), oldest ?? at, state.lastCheckAt ?? at), at - FURTHEST_BACK_MS);
  // Between them every window has a fact already, perhaps by other hours than those set now.
  const unstated = windowsBetween(pushWindows, dayStart(from), at).filter(
    ({ start, end }) => start < firstStart || end > lastCheckAt,
  );
  const windows = [
    ...known.map(toWindow),
    ...unstated,
    ...listed.map((order) => place({ ...rest, listed, state, at, pushWindows }, order)),
  ];
  return [...new Map(windows.map((window) => [windowKey(window), window])).values()].sort((a, b) => a.start - b.start);
}

/** An order stays in the window where it was first seen; one of unknown date counts as just created. */
function place({ state, at, pushWindows }: CoverageInput, { orderNo, createDate }: ListedOrder): PushWindow {
  const known = state.windowOfOrder.get(orderNo);
  return known ? toWindow(known) : windowOf(pushWindows, createDate ?? at);
}

const toWindow = ({ day, pushWindow, windowStart, windowEnd }: Checked): PushWindow => ({
  day,
  pushWindow,
  start: windowStart,
  end: windowEnd,
});

const oldestDate = (listed: readonly ListedOrder[]): number | null =>
  listed.reduce<number | null>(
    (least, { createDate }) => (createDate === null ? least : Math.min(least ?? createDate, createDate)),
    null,
  );

const oldestFirst = <Order extends CoveredOrder>(orders: readonly Order[]): Order[] =>
  orders.toSorted(
    (a, b) => (a.createDate ?? -Infinity) - (b.createDate ?? -Infinity) || (a.orderNo < b.orderNo ? -1 : 1),
  );

const union = (known: readonly CoveredOrder[], listed: readonly CoveredOrder[]): CoveredOrder[] =>
  oldestFirst([
    ...new Map(
      [...known, ...listed].map(({ orderNo, createDate }) => [orderNo, { orderNo, createDate }] as const),
    ).values(),
  ]);
