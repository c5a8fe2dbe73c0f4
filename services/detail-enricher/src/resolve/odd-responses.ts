import type { Health } from 'qcc-core/base/health';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';

/**
 * Responses that nothing explains, told apart: one record's own, or everybody's, for example if a proxy responds in QCC's place.
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
 * At most `limit` records in a row are given up, counted over the instance. From then on details are asked again, and
 * readiness says why, until a response is understood: something is wrong with more than the records.
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
