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
 * An order that the list does not name is a gap: it exists, and nobody can fetch it. The gap ends when a later list has, in the place
 * of the row, an order that was never listed before, or when a person closes it. That the row is gone does not end it. A row in the
 * place of an order that earlier lists named is that order, and no gap.
 */
export function planUnnamed(input: ListOfUnnamed): UnnamedPlan {
  const { account, listed, state, at } = input;
  const gaps = new Map(withoutKnown(input).map((order) => [nameOfUnnamed(order), order]));
  const found = [...gaps]
    .filter(([gap]) => !state.knownGaps.has(gap))
    .map(
      ([gap, order]): Gap => ({
        ...{ kind: 'GAP', account, at, gap, reason: `${REASON_FOUND}${order.row}` },
        ...spanOf(order, at),
      }),
    );
  const known = state.openGaps.filter(({ gap }) => isUnnamed(gap));
  const added = listed.filter(({ orderNo }) => !state.windowOfOrder.has(orderNo));
  const isOver = ({ gap, after, before }: Gap) =>
    !gaps.has(gap) &&
    added.some(({ createDate }) => createDate !== null && createDate >= after && createDate <= before);
  return {
    found,
    closed: known
      .filter(isOver)
      .map(({ gap }) => ({ kind: 'GAP_CLOSED', account, at, gap, reason: REASON_CLOSED, decidedBy: BY })),
    open: [...known.filter((gap) => !isOver(gap)), ...found],
  };
}

/** The rows that are taken for orders that earlier lists named. */
export function rowsOfKnown(input: ListOfUnnamed): UnnamedOrder[] {
  const unknown = new Set(withoutKnown(input));
  return input.unnamed.filter((row) => !unknown.has(row));
}

/** The rows without those that can only be orders of earlier lists, which this list does not name: one row for each of them. */
function withoutKnown({ listed, unnamed, state, at }: ListOfUnnamed): UnnamedOrder[] {
  const named = new Set(listed.map(({ orderNo }) => orderNo));
  const missing = new Set(
    [...state.windows.values()].flatMap(({ orders }) => orders).filter(({ orderNo }) => !named.has(orderNo)),
  );
  return unnamed.filter((row) => {
    const { after, before } = spanOf(row, at);
    const known = [...missing].find(
      ({ createDate }) => createDate !== null && createDate >= after && createDate <= before,
    );
    return known === undefined || !missing.delete(known);
  });
}

/**
 * The same in every list. A row without a date may come again for another order, so the next older order is part of its name.
 * Gaps between two lists are named by two order numbers.
 */
export const nameOfUnnamed = ({ createDate, older, sha256 }: UnnamedOrder): string =>
  `${createDate === null ? (older?.orderNo ?? '') : ''}..?${sha256.slice(0, 12)}`;
const isUnnamed = (gap: string): boolean => /\.\.\?[0-9a-f]{12}$/.test(gap);

/** When the order may have been created: between its neighbors, if the row does not say it. */
function spanOf({ createDate, newer, older }: UnnamedOrder, at: number): Pick<Gap, 'after' | 'before'> {
  if (createDate !== null) return { after: createDate, before: createDate };
  const before = newer?.createDate ?? at;
  const after = older?.createDate ?? dayStart(before);
  return { after: Math.min(after, before), before: Math.max(after, before) };
}
