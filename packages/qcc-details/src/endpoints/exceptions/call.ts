import type { OperationException } from 'qcc-core/contract/domain';
import { detailRow, instant, text } from 'qcc-core/qcc/endpoints/detail-row';
import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import { pageOf } from 'qcc-core/qcc/endpoints/fields';

const row = detailRow({
  addReason: text,
  addDate: instant,
  removeReason: { ...text, alias: 'romoveReason' },
  removeDate: instant,
  decisionOffice: text,
  removeDecisionOffice: text,
});

/** 获取经营异常列表 (document 6.2.7), whose removeReason is spelt `romoveReason`. Its dates are Unix seconds. */
export const getExceptions: DetailCall<OperationException> = {
  name: 'getExceptions',
  query: ({ corpKeyNo, checkId }) => ({ corpKeyNo, checkId }),
  result: () => pageOf(row),
};
