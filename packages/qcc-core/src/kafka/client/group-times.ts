/** How long a coordinator waits for the members of a group to join again. Meanwhile their JoinGroup has no response. */
export const rebalanceTimeoutMs = (sessionTimeoutMs: number): number => Math.max(10_000, sessionTimeoutMs * 2);

/** For a response to JoinGroup or SyncGroup: longer than kafkajs waits, which is 5 s more than the rebalance, or 30 s. */
export const membersLimitMs = (sessionTimeoutMs: number): number =>
  Math.max(35_000, rebalanceTimeoutMs(sessionTimeoutMs) + 10_000);

/** A consumer that has not joined its group by then is replaced. Longer than requests that have to be repeated. */
export const joinLimitMs = (sessionTimeoutMs: number): number => membersLimitMs(sessionTimeoutMs) + 55_000;
