import type { Intercept } from '../../harness/broker-proxy.ts';
import { answerLoading, groupOfJoin, JOIN_GROUP } from '../../harness/join-group.ts';

export type LoadingOnce = {
  intercept: Intercept;
  /** @param passBy How many JoinGroups of groups whose names contain `group` go to the broker first. */
  arm(input: { group: string; passBy: number }): void;
  /** Whether the one that was armed has been answered. */
  done(): boolean;
};

/** Answers one JoinGroup in the broker's place with COORDINATOR_LOAD_IN_PROGRESS. */
export function loadingOnce(): LoadingOnce {
  let armed: { group: string; passBy: number } | null = null;
  return {
    intercept(request) {
      if (!armed || request.readInt16BE(0) !== JOIN_GROUP) return null;
      if (!groupOfJoin(request).includes(armed.group)) return null;
      armed.passBy -= 1;
      if (armed.passBy >= 0) return null;
      armed = null;
      return answerLoading(request);
    },
    arm(input) {
      armed = { ...input };
    },
    done: () => armed === null,
  };
}
