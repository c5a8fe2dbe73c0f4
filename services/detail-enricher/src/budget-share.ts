/** Calls a day where nobody has set DETAIL_DAILY_BUDGET, from the confirmation on. */
export const DEFAULT_DAILY_BUDGET = 500;

/**
 * Calls of the daily budget that one partition of `records` may cost: whole numbers that differ by one at most and add
 * up to the budget, so that whoever holds which partitions, together they never spend more.
 */
export const budgetShare = (budget: number, partition: number, partitions: number): number =>
  Math.floor((budget * (partition + 1)) / partitions) - Math.floor((budget * partition) / partitions);
