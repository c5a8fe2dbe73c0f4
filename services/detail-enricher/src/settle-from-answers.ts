import { createKeptClient } from 'qcc-core/qcc/kept-client';
import type { RawAnswer } from 'qcc-core/qcc/raw-answer';
import type { DetailRequest } from './detail-need.ts';
import type { DetailResult } from './detail-result.ts';
import { judgeOutcome } from './judge-outcome.ts';

/** Nothing is sent that would have to be ended. */
const NEVER = new AbortController().signal;

/**
 * What became of the details of a change, by the answers that were kept of its question: the first lookup that settles it
 * among those not older than the change, judged as the service judges them. Where none settles it, the details are still
 * to come.
 */
export async function settleFromAnswers(
  { endpoint, corpKeyNo, checkId, pushDate }: DetailRequest,
  answers: readonly RawAnswer[],
): Promise<DetailResult> {
  const lookups = [...Map.groupBy(answers, ({ lookup }) => lookup).values()]
    .map((pages) => pages.toSorted((a, b) => a.sentAt - b.sentAt))
    .filter(([first]) => first!.sentAt >= pushDate)
    .sort(([a], [b]) => a!.sentAt - b!.sentAt);
  let unknownAnswers = 0;
  let reason = 'WAIT_EXCEEDED';
  for (const pages of lookups) {
    const outcome = await endpoint.ask(createKeptClient(pages), { corpKeyNo, checkId }, { signal: NEVER });
    const verdict = judgeOutcome(outcome, unknownAnswers);
    if (verdict.kind === 'settled') return verdict.result;
    unknownAnswers = outcome.kind === 'unknown' ? unknownAnswers + 1 : 0;
    reason = verdict.reason;
  }
  return { status: 'PENDING', reason };
}
