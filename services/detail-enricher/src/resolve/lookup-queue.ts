import type { ChangeRecord } from 'qcc-core/contract/domain';
import type { CallAdmission } from '../quota/admit-call.ts';

export type Job = {
  readonly urgency: Urgency;
  /** Never rejects. */
  run(): Promise<void>;
};

export type LookupQueue = {
  /** Runs the job when its turn comes. */
  add(job: Job): void;
  /** Takes it out again, as long as it has not begun. */
  remove(job: Job): void;
};

/**
 * The due lookups of all lanes. The most urgent lookup begins first; of equally urgent ones, the one that was added first. At most
 * `concurrency` run at a time, and fewer while `calls` allows fewer. None begins once the service ends.
 */
export function createLookupQueue(deps: {
  calls: Pick<CallAdmission, 'limit' | 'onUnblocked'>;
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
    while (!deps.signal.aborted && running < Math.min(deps.concurrency, deps.calls.limit())) {
      const job = takeNext();
      if (!job) return;
      running += 1;
      void job.run().finally(() => {
        running -= 1;
        drain();
      });
    }
  };

  deps.calls.onUnblocked(drain);
  return {
    add(job) {
      queues[job.urgency]!.add(job);
      drain();
    },
    remove(job) {
      queues[job.urgency]!.delete(job);
    },
  };
}

/** 0 goes first. */
export const URGENCIES = [0, 1, 2] as const;
export type Urgency = (typeof URGENCIES)[number];

/** 监测级别 1 is the highest risk; a level that nobody knows is taken for as high. */
export function urgencyOf({ category }: Pick<ChangeRecord, 'category'>): Urgency {
  if (category === '2') return 1;
  if (category === '3') return 2;
  return 0;
}
