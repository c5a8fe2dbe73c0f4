import type { Consumer } from 'kafkajs';
import { joinLimitMs } from './open-kafka.ts';

const CHECKS_PER_SESSION = 8;

/**
 * Calls `onLost` with
 * - `silence` when a session has passed without an answered heartbeat;
 * - `joining` when a session has passed since the last heartbeat, and the group is being joined again;
 * - `halfJoined` when heartbeats are answered meanwhile: if kafkajs gets no response to SyncGroup, it goes on with the partitions that it had;
 * - `notJoined` when the group was not joined within a limit.
 *
 * Counts checks instead of time, because a process that was paused also reads its responses late.
 */
export function watchMembership(
  consumer: Consumer,
  watch: {
    sessionTimeoutMs: number;
    signal: AbortSignal;
    onLost(why: 'silence' | 'joining' | 'halfJoined' | 'notJoined'): void;
  },
): { joined(): void } {
  const intervalMs = watch.sessionTimeoutMs / CHECKS_PER_SESSION;
  let isOwner = false;
  let isJoining = true;
  let checksSince = 0;
  let isAnsweredWhileJoining = false;
  consumer.on(consumer.events.HEARTBEAT, () => {
    if (isJoining) isAnsweredWhileJoining = true;
    else checksSince = 0;
  });
  consumer.on(consumer.events.REBALANCING, () => {
    isJoining = true;
    isAnsweredWhileJoining = false;
  });
  const check = setInterval(() => {
    checksSince += 1;
    if (isOwner && checksSince > CHECKS_PER_SESSION) {
      isOwner = false;
      watch.onLost(!isJoining ? 'silence' : isAnsweredWhileJoining ? 'halfJoined' : 'joining');
    } else if (!isOwner && checksSince * intervalMs > joinLimitMs(watch.sessionTimeoutMs)) {
      checksSince = 0;
      watch.onLost('notJoined');
    }
  }, intervalMs);
  watch.signal.addEventListener('abort', () => clearInterval(check), { once: true });
  return {
    joined() {
      isOwner = true;
      isJoining = false;
      checksSince = 0;
    },
  };
}
