import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { requiredText, rowsOf, shanghaiDateTime } from './fields.ts';

export type ListedOrder = {
  /** Opaque: its digits and createDate disagree in seconds. */
  orderNo: string;
  /** Milliseconds since the epoch. */
  createDate: number | null;
};

/** 获取最近 30 笔推送订单号 (document 6.2.4). Older orders are in no response of QCC's. */
export const listLatestOrderNo: Endpoint<void, ListedOrder[]> = {
  name: 'listLatestOrderNo',
  query: () => ({}),
  result: () =>
    z
      .object({ resultList: rowsOf(z.object({ orderNo: requiredText, createDate: shanghaiDateTime })) })
      .transform(({ resultList }) => resultList),
};
