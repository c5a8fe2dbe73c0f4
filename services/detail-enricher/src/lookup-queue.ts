import type { CallPermission } from './call-permission.ts';
import { URGENCIES, type Urgency } from './urgency.ts';

/** Never rejects. */
export type Job = () => Promise<void>;

export type LookupQueue = {
  /** Runs the job when its turn comes. */
  add(urgency: Urgency, job: Job): void;
  /** Takes it out again, as long as it has not begun. */
  remove(job: Job): void;
};

/**
 * The lookups of all lanes that are due: the most urgent begins first, within an urgency the one that came first, at most
 * `concurrency` run at a time, and none begins while no call may be made, or once the service ends.
 */
export function createLookupQueue(deps: {
  permission: Pick<CallPermission, 'limit' | 'onOpen'>;
  concurrency: number;
  /** Aborts when the service ends. */
  signal: AbortSignal;
}): LookupQueue {
  const queues = URGENCIES.map(() => new Set<Job>());
  let running = 0;

  const takeNext = (): Job | undefined => {
    for (const queue of queues) {
      for (const job of queue) {
        queue.delete(job);
        return job;
      }
    }
    return undefined;
  };

  const drain = (): void => {
    while (!deps.signal.aborted && running < Math.min(deps.concurrency, deps.permission.limit())) {
      const job = takeNext();
      if (!job) return;
      running += 1;
      void job().finally(() => {
        running -= 1;
        drain();
      });
    }
  };

  deps.permission.onOpen(drain);
  return {
    add(urgency, job) {
      queues[urgency]!.add(job);
      drain();
    },
    remove(job) {
      for (const queue of queues) queue.delete(job);
    },
  };
}
