import type { DishonestDebtor } from 'qcc-core/contract/domain';
import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import { day, optionalText, pageOf, requiredText } from 'qcc-core/qcc/endpoints/fields';
import { z } from 'zod';
import { normalizeAmount, normalizeCaseNumber } from './normalize.ts';

/** The most the document allows (每页最大不超过 20 条). */
const PAGE_SIZE = 20;

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

/** 获取失信被执行人列表 (document 6.2.9). */
export const getShiXinList: DetailCall<DishonestDebtor> = {
  name: 'getShiXinList',
  query: ({ corpKeyNo, checkId, pageIndex }) => ({
    corpKeyNo,
    checkId,
    pageIndex: String(pageIndex),
    pageSize: String(PAGE_SIZE),
  }),
  result: () => pageOf(row),
  idOf: ({ id }) => id,
};
