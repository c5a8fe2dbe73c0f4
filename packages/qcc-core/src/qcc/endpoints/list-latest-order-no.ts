import { z } from 'zod';
import { redactUrl } from '../../base/redact.ts';
import { isOrderNo } from '../../contract/domain.ts';
import type { Endpoint } from './endpoint.ts';
import { jsonText } from './extra-fields.ts';
import { optionalInstant, requiredText } from './fields.ts';

export type ListedOrder = {
  /** Opaque: its digits and createDate disagree in seconds. */
  orderNo: string;
  /** Milliseconds since the epoch. */
  createDate: number | null;
};

/** A row of the list that names no order. The order is there, but nobody can ask for it. */
export type UnnamedOrder = {
  why: 'no_object' | 'no_number';
  /** Milliseconds since the epoch. */
  createDate: number | null;
  /** The row as JSON, secrets masked; at most `MOST_CHARACTERS`. */
  row: string;
  /** The nearest orders on the list that have a number: the document lists the newest order first. */
  newer: ListedOrder | null;
  older: ListedOrder | null;
};

export type OrderList = {
  orders: readonly ListedOrder[];
  unnamed: readonly UnnamedOrder[];
  /** The number of rows after the first `MOST_ROWS`, which are the only ones that are read. */
  unread: number;
};

export const EMPTY_LIST: OrderList = { orders: [], unnamed: [], unread: 0 };

/** The document says thirty. A response has room for a million rows, and reading them would block the process. */
export const MOST_ROWS = 100;
/** Of one row. A row of the document has fewer than a hundred. */
export const MOST_CHARACTERS = 2_000;

/** A number that JSON cannot hold exactly would be the number of another order. */
const isExact = (value: unknown): boolean => typeof value !== 'number' || Number.isSafeInteger(value);

const listedOrder = z.object({
  orderNo: z.unknown().refine(isExact).pipe(requiredText).refine(isOrderNo),
  createDate: optionalInstant.catch(null),
});
const dated = z.object({ createDate: optionalInstant.catch(null) });

/**
 * 获取最近 30 笔推送订单号 (document 6.2.4). Older orders are in no response of QCC's. An unreadable row does not affect the
 * others. Null for the list, or `result: null` without one, is an empty list.
 */
export const listLatestOrderNo: Endpoint<void, OrderList> = {
  name: 'listLatestOrderNo',
  query: () => ({}),
  result: () =>
    z
      .object({ resultList: z.array(z.unknown()).nullish(), result: z.unknown().optional() })
      .refine(({ resultList, result }) => resultList !== undefined || result === null, {
        path: ['resultList'],
        message: 'is missing',
      })
      .transform(({ resultList }) => toList(resultList ?? [])),
};

function toList(rows: readonly unknown[]): OrderList {
  const read = rows.slice(0, MOST_ROWS).map((row) => ({ row, order: listedOrder.safeParse(row).data ?? null }));
  const orders = read.map(({ order }) => order);
  const newer = nearestBefore(orders);
  const older = nearestBefore(orders.toReversed()).reverse();
  return {
    orders: orders.filter((order) => order !== null),
    unnamed: read.flatMap(({ row, order }, index): UnnamedOrder[] => {
      if (order) return [];
      const json = jsonText(row) ?? 'nested too deep';
      const fields = dated.safeParse(row).data;
      return [
        {
          why: fields ? 'no_number' : 'no_object',
          createDate: fields?.createDate ?? null,
          row: redactUrl(json.slice(0, MOST_CHARACTERS)).slice(0, MOST_CHARACTERS),
          newer: newer[index] ?? null,
          older: older[index] ?? null,
        },
      ];
    }),
    unread: Math.max(0, rows.length - MOST_ROWS),
  };
}

/** For each place, the last order before it. */
function nearestBefore(orders: readonly (ListedOrder | null)[]): (ListedOrder | null)[] {
  let last: ListedOrder | null = null;
  return orders.map((order) => {
    const before = last;
    last = order ?? last;
    return before;
  });
}
