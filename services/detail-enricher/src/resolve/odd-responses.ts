import type { Health } from 'qcc-core/base/health';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';

/**
 * Distinguishes odd responses to a single record from odd responses to all records, for example if a proxy responds in QCC's place.
 */
export type OddResponses = {
  /** Told of every outcome. */
  note(outcome: QccOutcome<unknown>): void;
  /** Whether the details of one more record may be given up; counts it. */
  mayFail(failure: QccFailure): boolean;
};

const HEALTH_PART = 'responses';
const NOT_UNDERSTOOD: readonly string[] = ['retry', 'unknown'] satisfies QccFailure['kind'][];

/**
 * The details of at most `limit` records in a row fail, counted for the whole instance. After that, details are requested again and
 * readiness says why, until a response is understood, because the records are then probably not at fault.
 */
export function createOddResponses({ limit, health }: { limit: number; health: Pick<Health, 'set'> }): OddResponses {
  let inRow = 0;
  let isHeld = false;
  return {
    note({ kind }) {
      if (NOT_UNDERSTOOD.includes(kind)) return;
      inRow = 0;
      if (isHeld) health.set(HEALTH_PART, null);
      isHeld = false;
    },
    mayFail({ reason }) {
      if (inRow < limit) {
        inRow += 1;
        return true;
      }
      isHeld = true;
      health.set(
        HEALTH_PART,
        `detail calls bring nothing that QCC's document explains (${reason}), ${limit} records were given up for it: check QCC_BASE_URL and QCC_PROXY_URL, see the dead letters; no more are given up until a response is understood, or after a restart with a larger DEAD_LETTER_RUN_LIMIT`,
      );
      return false;
    },
  };
}
