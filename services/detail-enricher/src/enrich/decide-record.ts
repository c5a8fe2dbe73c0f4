import type { PassThroughRecord } from 'qcc-core/avro/pass-through-record';
import type { DetailEndpoint } from 'qcc-details/detail-endpoint';
import { detailNeed } from 'qcc-details/detail-need';
import { type DetailResponse, toResult } from 'qcc-details/detail-result';
import type { CallAdmission } from '../quota/admit-call.ts';
import type { DetailSource } from '../resolve/detail-source.ts';
import type { KeptResponse } from '../resolve/kept-response.ts';
import type { Decision } from './decision.ts';

type DecisionDeps = {
  endpoints: readonly DetailEndpoint[];
  source: Pick<DetailSource, 'remembered'>;
  keptResponse: KeptResponse;
  calls: Pick<CallAdmission, 'blockedBy'>;
  now: () => number;
};

/**
 * Decides what to publish of a change when it arrives: its settled version if QCC need not be asked, otherwise an entry that
 * waits, or its pending version at once if no call may be made now. A later revision keeps the details of the earlier one: its pending
 * version would hide them, because versions are compared by revision before they are compared by settled or pending. Only a later revision
 * returns a promise, because it reads the evidence store.
 * @throws EvidenceError `unavailable`
 */
export function decideRecord(deps: DecisionDeps, record: PassThroughRecord): Decision | Promise<Decision> {
  const need = detailNeed(deps.endpoints, record);
  if (need.kind === 'none') return { kind: 'settled', record, result: need.result, hasEntry: false };
  const response = deps.source.remembered(need.request);
  if (response) return settled(record, response);
  if (record.revision === 0) return begin(deps, record);
  return deps.keptResponse(need.request).then((kept) => (kept ? settled(record, kept) : begin(deps, record)));
}

const settled = (record: PassThroughRecord, response: DetailResponse): Decision => ({
  kind: 'settled',
  record,
  result: toResult(response),
  hasEntry: false,
});

function begin(deps: DecisionDeps, record: PassThroughRecord): Decision {
  const now = deps.now();
  const entry = { record, admittedAt: now, published: false, attempts: 0, nextAttemptAt: now, reason: null };
  const reason = deps.calls.blockedBy();
  return reason === null ? { kind: 'deferred', entry } : { kind: 'pending', entry, reason };
}
