import type { DetailCall } from 'qcc-core/qcc/endpoints/detail-call';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { readAnswer } from 'qcc-core/qcc/read-answer';

export const INPUT = { corpKeyNo: '20fca223f172c505e32b6954d0642079', checkId: '47AA266A29ADD663D7081547F05F810A' };

/** The rows and the total of an answer's page, or why it has none. */
export function readPage<Row>(call: DetailCall<Row>, body: string): unknown {
  const answer = { status: 200, body: Buffer.from(body), sentAt: 0 };
  const outcome: QccOutcome<unknown> = readAnswer(call, { ...INPUT, pageIndex: 1 }, answer);
  return outcome.kind === 'success' ? outcome.value : outcome;
}
