import { z } from 'zod';
import type { SeriousViolation } from '../../contract/domain.ts';
import type { DetailInput, Endpoint } from './endpoint.ts';
import { day, optionalText, rowsOf } from './fields.ts';

const row = z.object({ addDate: day, addOffice: optionalText, addReason: optionalText });

/** 获取严重违法列表 (document 6.2.8); its dates are days, unlike those of getExceptions. */
export const getSeriousViolation: Endpoint<DetailInput, SeriousViolation[]> = {
  name: 'getSeriousViolation',
  query: ({ corpKeyNo, checkId }) => ({ corpKeyNo, checkId }),
  result: () => z.object({ resultList: rowsOf(row) }).transform(({ resultList }) => resultList),
};
