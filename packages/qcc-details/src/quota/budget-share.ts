/** Calls a day where nobody has set DETAIL_DAILY_BUDGET, from the confirmation on. */
export const DEFAULT_DAILY_BUDGET = 500;

/**
 * Calls of the daily budget that one partition of `records` may cost: whole numbers that differ by one at most and add
 * up to the budget, so that whoever holds which partitions, together they never spend more.
 */
export const budgetShare = (budget: number, partition: number, partitions: number): number =>
  Math.floor((budget * (partition + 1)) / partitions) - Math.floor((budget * partition) / partitions);

/**
 * How many calls of a partition's share are reserved at a time: five seconds' calls, which slow brokers do not hold up,
 * but no more than a twentieth of the share, which a crash may waste, and a second's at least.
 */
export const reservedAtATime = (share: number, callsPerSecond: number): number =>
  Math.ceil(Math.max(callsPerSecond, Math.min(5 * callsPerSecond, share / 20)));
