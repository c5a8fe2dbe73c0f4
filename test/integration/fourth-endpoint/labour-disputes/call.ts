import { day, detailRow, id, instant, text } from 'qcc-core/qcc/endpoints/detail-row';
import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import { pageOf } from 'qcc-core/qcc/endpoints/fields';
import type { z } from 'zod';

const row = detailRow({
  id,
  claimant: text,
  hearingAt: instant,
  filedDate: day,
  claimAmount: { read: (amount: string) => amount.replace(/元$/, ''), keepsRaw: true },
  reason: text,
  court: text,
});

/** 获取劳动仲裁列表: not in the document. */
export const getLabourDisputes: DetailCall<z.output<typeof row>> = {
  name: 'getLabourDisputes',
  query: ({ pageIndex, ...input }) => ({ ...input, pageIndex: String(pageIndex), pageSize: '2' }),
  result: () => pageOf(row),
  idOf: ({ id }) => id,
};
