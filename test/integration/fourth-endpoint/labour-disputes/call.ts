import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import { day, optionalText, pageOf, requiredText, shanghaiDateTime } from 'qcc-core/qcc/endpoints/fields';
import { z } from 'zod';

const row = z.object({
  id: requiredText,
  claimant: optionalText,
  hearingAt: shanghaiDateTime,
  filedDate: day,
  claimAmount: optionalText,
  claimAmountRaw: optionalText,
  reason: optionalText,
  court: optionalText,
});

/** 获取劳动仲裁列表: not in the document. */
export const getLabourDisputes: DetailCall<z.output<typeof row>> = {
  name: 'getLabourDisputes',
  query: ({ pageIndex, ...input }) => ({ ...input, pageIndex: String(pageIndex), pageSize: '2' }),
  result: () => pageOf(row),
  idOf: ({ id }) => id,
};
