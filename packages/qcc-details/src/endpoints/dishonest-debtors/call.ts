import type { DishonestDebtor } from 'qcc-core/contract/domain';
import { day, detailRow, id, text } from 'qcc-core/qcc/endpoints/detail-row';
import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import { pageOf } from 'qcc-core/qcc/endpoints/fields';
import { normalizeAmount, normalizeCaseNumber } from './normalize.ts';

/** The most the document allows (每页最大不超过 20 条). */
const PAGE_SIZE = 20;

/** Smaller JSON numbers keep two decimal places. */
const EXACT_AMOUNT = 2 ** 46;

const row = detailRow({
  id,
  anno: text,
  executeGov: text,
  executeNo: text,
  executeStatus: text,
  actionTypeName: text,
  lianDate: day,
  amount: { read: normalizeAmount, keepsRaw: true, numbersBelow: EXACT_AMOUNT },
  publicDate: day,
}).transform(
  (fields): DishonestDebtor => ({
    ...fields,
    annoNormalized: fields.anno && normalizeCaseNumber(fields.anno),
    executeNoNormalized: fields.executeNo && normalizeCaseNumber(fields.executeNo),
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
