import type { RawResponse } from 'qcc-core/qcc/raw-response';
import type { DetailRequest } from './detail-need.ts';
import type { DetailResponse, DetailResult } from './detail-result.ts';
import { judgeOutcome } from './judge-outcome.ts';
import { keptLookups, readLookup } from './kept-lookups.ts';
import { packOutcome } from './packed-details.ts';

/**
 * What became of the details of a change, by the responses that were kept of its question: the first lookup that settles it
 * among those not older than the change, judged as the service judges them. Where none settles it, the details are still
 * to come.
 */
export async function settleFromResponses(
  request: DetailRequest,
  responses: readonly RawResponse[],
): Promise<DetailResult> {
  let unknownResponses = 0;
  let reason = 'WAIT_EXCEEDED';
  for (const pages of lookupsSince(request, responses)) {
    const outcome = packOutcome(await readLookup(request, pages));
    const verdict = judgeOutcome(outcome, unknownResponses);
    if (verdict.kind === 'settled') return verdict.result;
    unknownResponses = outcome.kind === 'unknown' ? unknownResponses + 1 : 0;
    reason = verdict.reason;
  }
  return { status: 'PENDING', reason };
}

/** The newest kept response that holds for the change; failures, which a replay is there to mend, are passed over. */
export async function newestResponse(
  request: DetailRequest,
  responses: readonly RawResponse[],
): Promise<DetailResponse | undefined> {
  for (const pages of lookupsSince(request, responses).toReversed()) {
    const outcome = packOutcome(await readLookup(request, pages));
    if (outcome.kind === 'success' || outcome.kind === 'empty') return outcome;
  }
  return undefined;
}

/** The lookups that began no earlier than the change, the oldest first. */
const lookupsSince = ({ pushDate }: DetailRequest, responses: readonly RawResponse[]): RawResponse[][] =>
  keptLookups(responses).filter(([first]) => first!.sentAt >= pushDate);
