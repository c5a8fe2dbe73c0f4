import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { readResponse } from 'qcc-core/qcc/read-response';

export const INPUT = { corpKeyNo: '20fca223f172c505e32b6954d0642079', checkId: '47AA266A29ADD663D7081547F05F810A' };

/** The rows and the total of a response's page, or why it has none. */
export function readPage<Row>(call: DetailCall<Row>, body: string): unknown {
  const response = { status: 200, body: Buffer.from(body), sentAt: 0 };
  const outcome: QccOutcome<unknown> = readResponse(call, { ...INPUT, pageIndex: 1 }, response);
  return outcome.kind === 'success' ? outcome.value : outcome;
}
