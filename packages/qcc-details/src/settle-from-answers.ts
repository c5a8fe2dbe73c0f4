import type { RawAnswer } from 'qcc-core/qcc/raw-answer';
import type { DetailRequest } from './detail-need.ts';
import type { DetailAnswer, DetailResult } from './detail-result.ts';
import { judgeOutcome } from './judge-outcome.ts';
import { keptLookups, readLookup } from './kept-lookups.ts';
import { packOutcome } from './packed-details.ts';

/**
 * What became of the details of a change, by the answers that were kept of its question: the first lookup that settles it
 * among those not older than the change, judged as the service judges them. Where none settles it, the details are still
 * to come.
 */
export async function settleFromAnswers(request: DetailRequest, answers: readonly RawAnswer[]): Promise<DetailResult> {
  let unknownAnswers = 0;
  let reason = 'WAIT_EXCEEDED';
  for (const pages of lookupsSince(request, answers)) {
    const outcome = packOutcome(await readLookup(request, pages));
    const verdict = judgeOutcome(outcome, unknownAnswers);
    if (verdict.kind === 'settled') return verdict.result;
    unknownAnswers = outcome.kind === 'unknown' ? unknownAnswers + 1 : 0;
    reason = verdict.reason;
  }
  return { status: 'PENDING', reason };
}

/** The newest kept answer that holds for the change; failures, which a replay is there to mend, are passed over. */
export async function newestAnswer(
  request: DetailRequest,
  answers: readonly RawAnswer[],
): Promise<DetailAnswer | undefined> {
  for (const pages of lookupsSince(request, answers).toReversed()) {
    const outcome = packOutcome(await readLookup(request, pages));
    if (outcome.kind === 'success' || outcome.kind === 'empty') return outcome;
  }
  return undefined;
}

/** The lookups that began no earlier than the change, the oldest first. */
const lookupsSince = ({ pushDate }: DetailRequest, answers: readonly RawAnswer[]): RawAnswer[][] =>
  keptLookups(answers).filter(([first]) => first!.sentAt >= pushDate);
