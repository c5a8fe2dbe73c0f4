import type { Clock } from './clock.ts';
import { CLASS_OF, type Faults } from './faults.ts';
import { shanghaiDay } from './shanghai.ts';
import type { Endpoint } from './status.ts';

export type Quota = {
  /** Counts a call against today's limits; the code QCC refuses it with, once one is used up. */
  spend(endpoint: Endpoint, limits: Faults['quota']): '109' | '116' | undefined;
  reset(): void;
};

/** Limits hold for one Shanghai day of the settable clock. Refused calls do not count. */
export function createQuota(clock: Clock): Quota {
  const spent = new Map<Endpoint | 'details', number>();
  let today = '';
  return {
    spend: (endpoint, limits) => {
      const day = shanghaiDay(clock.now());
      if (day !== today) spent.clear();
      today = day;
      const isFull = (account: Endpoint | 'details') => (spent.get(account) ?? 0) >= (limits[account] ?? Infinity);
      const isDetail = CLASS_OF[endpoint] === 'details';
      if (isFull(endpoint)) return '109';
      if (isDetail && isFull('details')) return '116';
      for (const account of isDetail ? ([endpoint, 'details'] as const) : [endpoint]) {
        spent.set(account, (spent.get(account) ?? 0) + 1);
      }
      return undefined;
    },
    reset: () => spent.clear(),
  };
}
