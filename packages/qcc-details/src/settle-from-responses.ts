import type { RawResponse } from 'qcc-core/qcc/raw-response';
import type { DetailRequest } from './detail-need.ts';
import type { DetailResponse, DetailResult } from './detail-result.ts';
import { judgeOutcome } from './judge-outcome.ts';
import { keptLookups, readLookup } from './kept-lookups.ts';
import { packOutcome } from './packed-details.ts';

/**
 * The result of a change's details, from the kept responses to its question: that of the first lookup that settles it, among those that are
 * not older than the change. Lookups are judged as the enricher judges them. If none settles it, the result is PENDING.
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
