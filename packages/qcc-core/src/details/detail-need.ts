import type { ChangeRecord } from '../domain.ts';
import type { DetailEndpoint } from './detail-endpoint.ts';

export type DetailRequest = {
  endpoint: DetailEndpoint;
  corpKeyNo: string;
  checkId: string;
  /** Milliseconds since the epoch: an answer older than the change may lack it, as an update may be a removal. */
  pushDate: number;
};

export type DetailNeed =
  | { kind: 'none'; status: 'NOT_APPLICABLE' | 'NO_CHECK_ID' }
  | { kind: 'request'; request: DetailRequest };

/** Whether a change has details at QCC, and how to ask for them. A 校验ID of blanks is none. */
export function detailNeed(
  endpoints: readonly DetailEndpoint[],
  record: Pick<ChangeRecord, 'type' | 'checkId' | 'corpKeyNo' | 'pushDate'>,
): DetailNeed {
  const endpoint = endpoints.find(({ type }) => type === record.type);
  if (!endpoint) return { kind: 'none', status: 'NOT_APPLICABLE' };
  const checkId = record.checkId?.trim();
  if (!checkId) return { kind: 'none', status: 'NO_CHECK_ID' };
  return { kind: 'request', request: { endpoint, corpKeyNo: record.corpKeyNo, checkId, pushDate: record.pushDate } };
}
