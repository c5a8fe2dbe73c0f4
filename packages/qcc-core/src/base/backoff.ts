/** Bounds of a pause that doubles with each failure, ms. */
export type Backoff = { readonly first: number; readonly most: number };

/** 2 ** 30 times the first pause is longer than any limit. */
const MOST_DOUBLINGS = 30;

/** The first pause, doubled so many times, but never above the longest one; ms. */
export const backoffMs = ({ first, most }: Backoff, doublings: number): number =>
  Math.min(most, first * 2 ** Math.min(doublings, MOST_DOUBLINGS));

/** Longer than a leader election takes: the pauses add up to twelve seconds. */
export const ELECTION_RETRIES = { retries: 8, minTimeout: 100, maxTimeout: 3_000 };

/** For the end of a log: a new leader may report an older one until its followers have fetched once. */
export const END_RETRIES = { retries: 6, minTimeout: 200, maxTimeout: 1_000 };
