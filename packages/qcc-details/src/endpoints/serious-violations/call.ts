import type { SeriousViolation } from 'qcc-core/contract/domain';
import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import { day, optionalText, wholeListOf } from 'qcc-core/qcc/endpoints/fields';
import { z } from 'zod';

const row = z.object({ addDate: day, addOffice: optionalText, addReason: optionalText });

/** 获取严重违法列表 (document 6.2.8); its dates are days, unlike those of getExceptions. */
export const getSeriousViolation: DetailCall<SeriousViolation> = {
  name: 'getSeriousViolation',
  query: ({ corpKeyNo, checkId }) => ({ corpKeyNo, checkId }),
  result: () => wholeListOf(row),
};
