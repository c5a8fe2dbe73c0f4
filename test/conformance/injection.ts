import type { Intercept } from '../harness/broker-proxy.ts';
import { answerLoading, JOIN_GROUP } from '../harness/join-group.ts';

/** Responses that the suite sends instead of the brokers. */
export type Injection = {
  readonly intercept: Intercept;
  /** The next JoinGroup request, of any client, is answered COORDINATOR_LOAD_IN_PROGRESS. */
  failNextJoin(): void;
  /** How many requests are still to be answered so. */
  readonly waiting: number;
  /** Disarms the requests that never came. */
  reset(): void;
};

export function createInjection(): Injection {
  let waiting = 0;
  return {
    intercept(request) {
      if (waiting === 0 || request.readInt16BE(0) !== JOIN_GROUP) return null;
      waiting -= 1;
      return answerLoading(request);
    },
    failNextJoin() {
      waiting += 1;
    },
    get waiting() {
      return waiting;
    },
    reset() {
      waiting = 0;
    },
  };
}
