import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { type SettledResult, toResult } from './detail-result.ts';
import type { PackedDetails } from './packed-details.ts';

export type Verdict =
  | { kind: 'settled'; result: SettledResult }
  /** Ask again after a pause. */
  | { kind: 'again'; reason: string }
  /** No call may be made for now, of this or any record: ask again when the circuit breaker is reset. */
  | { kind: 'blocked'; reason: string };

/** Responses that nothing explains may pass (a proxy's error page); as many as this in a row for one record do not. */
export const MOST_UNKNOWN_RESPONSES = 5;

/**
 * What QCC's outcome means for the record at hand. `unknownResponses` counts those before this one. Passing trouble is
 * asked again without end: details come late rather than never.
 */
export function judgeOutcome(outcome: QccOutcome<PackedDetails>, unknownResponses: number): Verdict {
  switch (outcome.kind) {
    case 'success':
    case 'empty':
      return { kind: 'settled', result: toResult(outcome) };
    case 'never':
      return { kind: 'settled', result: { status: 'FAILED', reason: outcome.reason } };
    case 'unknown':
      return unknownResponses + 1 < MOST_UNKNOWN_RESPONSES
        ? { kind: 'again', reason: outcome.reason }
        : { kind: 'settled', result: { status: 'FAILED', reason: outcome.reason } };
    case 'later':
    case 'retry':
      return { kind: 'again', reason: outcome.reason };
    case 'pause':
    case 'stop':
      return { kind: 'blocked', reason: outcome.reason };
    default:
      return outcome satisfies never;
  }
}
