import { createHash } from 'node:crypto';
import type { Gap, GapClosed } from 'qcc-core/kafka/messages/coverage-fact';
import type { ListedOrder, UnnamedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import type { CoverageState } from './coverage-state.ts';
import { dayStart } from './push-windows.ts';

type ListOfUnnamed = {
  account: string;
  listed: readonly ListedOrder[];
  unnamed: readonly UnnamedOrder[];
  state: Pick<CoverageState, 'openGaps' | 'knownGaps' | 'windows' | 'windowOfOrder'>;
  /** When the list was asked for, milliseconds since the epoch. */
  at: number;
};

export type UnnamedPlan = {
  /** Of rows that no earlier list had. */
  found: Gap[];
  closed: GapClosed[];
  /** Open after this list: the push windows that they touch are not closed. */
  open: readonly Gap[];
};

const BY = 'callback-gateway';
const REASON_FOUND = '企查查列表中该行没有可用的订单号：';
const REASON_CLOSED = '企查查此后列出了该订单的订单号，自动结案';

/**
 * An order without a usable number is a gap: it exists, but nobody can fetch it. The gap ends when a later list shows a new order at
 * the time of that row, or when a person closes it. The disappearance of the row does not end it. If an earlier list named
 * an order of the same time, and this list does not name it, the row is assumed to be that order and is not a gap.
 */
export function planUnnamed(input: ListOfUnnamed): UnnamedPlan {
  const { account, listed, state, at } = input;
  const missing = missingOrders(input);
  const gaps = nameRows(withoutKnown(input, missing), (row) => nextOlder(row, missing, at));
  const found = [...gaps]
    .filter(([gap]) => !state.knownGaps.has(gap))
    .map(([gap, row]): Gap => {
      const reason = `${REASON_FOUND}${row.row}`;
      return { kind: 'GAP', account, at, gap, reason, ...spanOf(row, at) };
    });
  const known = state.openGaps.filter(({ gap }) => isUnnamed(gap));
  const added = listed.filter(({ orderNo }) => !state.windowOfOrder.has(orderNo));
  const over = matchSpans(
    known.filter(({ gap }) => !gaps.has(gap)),
    added.filter(isDated),
  );
  return {
    found,
    closed: known
      .filter((gap) => over.has(gap))
      .map(({ gap }) => ({ kind: 'GAP_CLOSED', account, at, gap, reason: REASON_CLOSED, decidedBy: BY })),
    open: [...known.filter((gap) => !over.has(gap)), ...found],
  };
}

/** The rows that are taken for orders that earlier lists named, with these orders. */
export const ordersOfRows = (input: ListOfUnnamed): ReadonlyMap<UnnamedOrder, ListedOrder> =>
  matchRows(input, missingOrders(input));

type DatedOrder = { orderNo: string; createDate: number };
const isDated = <Order extends Pick<ListedOrder, 'createDate'>>(
  order: Order,
): order is Order & { createDate: number } => order.createDate !== null;

/** Orders that earlier lists named and this one does not, the oldest first. Orders of unknown date are left out. */
function missingOrders({ listed, state }: ListOfUnnamed): DatedOrder[] {
  const named = new Set(listed.map(({ orderNo }) => orderNo));
  return [...state.windows.values()]
    .flatMap(({ orders }) => orders.filter(isDated))
    .filter(({ orderNo }) => !named.has(orderNo))
    .sort((a, b) => a.createDate - b.createDate);
}

/** The rows that cannot be a missing order of an earlier list: each of these orders explains one row. */
function withoutKnown(input: ListOfUnnamed, missing: readonly DatedOrder[]): UnnamedOrder[] {
  const known = matchRows(input, missing);
  return input.unnamed.filter((row) => !known.has(row));
}

function matchRows({ unnamed, at }: ListOfUnnamed, missing: readonly DatedOrder[]): Map<UnnamedOrder, DatedOrder> {
  const spans = unnamed.map((row) => ({ row, ...spanOf(row, at) }));
  return new Map([...matchSpans(spans, missing)].map(([{ row }, order]) => [row, order]));
}

/**
 * Matches each span of time with at most one order that was created in it, and each order with at most one span. The span that ends first
 * takes the oldest order in it; of two that end together, the shorter one is first. This matches as many spans as possible.
 * @returns the matched spans with their orders.
 */
function matchSpans<Span extends Pick<Gap, 'after' | 'before'>>(
  spans: readonly Span[],
  orders: readonly DatedOrder[],
): ReadonlyMap<Span, DatedOrder> {
  const oldestFirst = orders.toSorted((a, b) => a.createDate - b.createDate);
  const left = new Map(oldestFirst.map((order) => [order.orderNo, order]));
  const matched = new Map<Span, DatedOrder>();
  for (const span of spans.toSorted((a, b) => a.before - b.before || b.after - a.after)) {
    const order = left.values().find(({ createDate }) => createDate >= span.after);
    if (order === undefined || order.createDate > span.before) continue;
    left.delete(order.orderNo);
    matched.set(span, order);
  }
  return matched;
}

/**
 * Names the gaps of rows so that a row has the same name in every list, even if its other fields change. The name comes from the date of
 * the row, or from the next older order if the row has no date. Rows with the same date or order are numbered from the oldest on. A row
 * without a date gets another name, and so becomes a second gap, if an order between it and its next older order gets a number, or if that
 * older order has no date either and leaves the list.
 */
function nameRows(
  rows: readonly UnnamedOrder[],
  olderOf: (row: UnnamedOrder) => string,
): ReadonlyMap<string, UnnamedOrder> {
  const counts = new Map<string, number>();
  const gaps = new Map<string, UnnamedOrder>();
  for (const row of rows.toReversed()) {
    const place = row.createDate === null ? { older: olderOf(row) } : { createDate: row.createDate };
    const nth = (counts.get(JSON.stringify(place)) ?? 0) + 1;
    counts.set(JSON.stringify(place), nth);
    gaps.set(nameOfGap(place, nth), row);
  }
  return gaps;
}

/** The list names the newest order first. An older order that has left it is known from earlier lists. */
function nextOlder({ newer, older }: UnnamedOrder, missing: readonly DatedOrder[], at: number): string {
  const before = newer?.createDate ?? at;
  return (older ?? missing.findLast(({ createDate }) => createDate <= before))?.orderNo ?? '';
}

/** Gaps between two lists are named by two order numbers instead. */
export function nameOfGap(place: { createDate: number } | { older: string }, nth: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([place, nth]))
    .digest('hex')
    .slice(0, 12);
  return `${'older' in place ? place.older : ''}..?${hash}`;
}
const isUnnamed = (gap: string): boolean => /\.\.\?[0-9a-f]{12}$/.test(gap);

/** When the order may have been created: between its neighbors, if the row does not say it. */
function spanOf({ createDate, newer, older }: UnnamedOrder, at: number): Pick<Gap, 'after' | 'before'> {
  if (createDate !== null) return { after: createDate, before: createDate };
  const before = newer?.createDate ?? at;
  const after = older?.createDate ?? dayStart(before);
  return { after: Math.min(after, before), before: Math.max(after, before) };
}
