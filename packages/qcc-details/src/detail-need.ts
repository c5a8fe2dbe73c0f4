import { type ChangeRecord, IDENTIFIER_MAX_BYTES } from 'qcc-core/contract/domain';
import type { DetailEndpoint } from './detail-endpoint.ts';

export type DetailRequest = {
  endpoint: DetailEndpoint;
  corpKeyNo: string;
  checkId: string;
  /** Milliseconds since the epoch. A response that is older than the push is not used: it may lack the change, which may be a removal. */
  pushDate: number;
};

/** The result for a change for which QCC is not asked. */
type NoQuestion = { status: 'NOT_APPLICABLE' | 'NO_CHECK_ID' } | { status: 'FAILED'; reason: 'QUESTION_TOO_LONG' };

export type DetailNeed = { kind: 'none'; result: NoQuestion } | { kind: 'request'; request: DetailRequest };

/**
 * Whether a change has details at QCC, and how to ask for them. A blank 校验ID counts as missing. A company or 校验ID beyond 1 KiB is
 * never asked for: it would not fit into a URL, and each try may cost money.
 */
export function detailNeed(
  endpoints: readonly DetailEndpoint[],
  record: Pick<ChangeRecord, 'type' | 'checkId' | 'corpKeyNo' | 'pushDate'>,
): DetailNeed {
  const endpoint = endpoints.find(({ type }) => type === record.type);
  if (!endpoint) return { kind: 'none', result: { status: 'NOT_APPLICABLE' } };
  const checkId = record.checkId?.trim();
  if (!checkId) return { kind: 'none', result: { status: 'NO_CHECK_ID' } };
  if ([record.corpKeyNo, checkId].some((text) => Buffer.byteLength(text) > IDENTIFIER_MAX_BYTES))
    return { kind: 'none', result: { status: 'FAILED', reason: 'QUESTION_TOO_LONG' } };
  return { kind: 'request', request: { endpoint, corpKeyNo: record.corpKeyNo, checkId, pushDate: record.pushDate } };
}
