import { z } from 'zod';
import type { DishonestDebtor } from '../../contract/domain.ts';
import { normalizeAmount, normalizeCaseNumber } from '../normalize.ts';
import type { DetailInput, Endpoint } from './endpoint.ts';
import { day, optionalText, requiredText, rowsOf } from './fields.ts';

/** The most the document allows (每页最大不超过 20 条). */
const PAGE_SIZE = 20;

export type DebtorPage = {
  rows: DishonestDebtor[];
  /** Rows on all pages, as far as QCC says it. */
  total: number | null;
};

const row = z
  .object({
    id: requiredText,
    anno: optionalText,
    executeGov: optionalText,
    executeNo: optionalText,
    executeStatus: optionalText,
    actionTypeName: optionalText,
    lianDate: day,
    amount: optionalText,
    publicDate: day,
  })
  .transform(
    ({ amount, ...rest }): DishonestDebtor => ({
      ...rest,
      annoNormalized: rest.anno === null ? null : normalizeCaseNumber(rest.anno),
      amount: amount === null ? null : normalizeAmount(amount),
      amountRaw: amount,
    }),
  );

const count = optionalText.transform((text) => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null));

/** One page of 获取失信被执行人列表 (document 6.2.9); `totalRecords` is flat by its table, under `paging` by its example. */
export const getShiXinPage: Endpoint<DetailInput & { pageIndex: number }, DebtorPage> = {
  name: 'getShiXinList',
  query: ({ corpKeyNo, checkId, pageIndex }) => ({
    corpKeyNo,
    checkId,
    pageIndex: String(pageIndex),
    pageSize: String(PAGE_SIZE),
  }),
  result: () =>
    z
      .object({
        resultList: rowsOf(row),
        totalRecords: count,
        paging: z.object({ totalRecords: count }).nullish(),
      })
      .transform(({ resultList, totalRecords, paging }) => ({
        rows: resultList,
        total: paging?.totalRecords ?? totalRecords,
      })),
};
