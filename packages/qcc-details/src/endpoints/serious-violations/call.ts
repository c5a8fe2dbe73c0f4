import type { SeriousViolation } from 'qcc-core/contract/domain';
import { day, detailRow, text } from 'qcc-core/qcc/endpoints/detail-row';
import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import { pageOf } from 'qcc-core/qcc/endpoints/fields';

const row = detailRow({ addDate: day, addOffice: text, addReason: text });

/** 获取严重违法列表 (document 6.2.8); its dates are days, unlike those of getExceptions. */
export const getSeriousViolation: DetailCall<SeriousViolation> = {
  name: 'getSeriousViolation',
  query: ({ corpKeyNo, checkId }) => ({ corpKeyNo, checkId }),
  result: () => pageOf(row),
};
