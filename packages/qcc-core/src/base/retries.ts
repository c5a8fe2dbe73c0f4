/** Longer than a leader election takes: the pauses add up to twelve seconds. */
export const ELECTION_RETRIES = { retries: 8, minTimeout: 100, maxTimeout: 3_000 };

/** For the end of a log: a new leader may report an older one until its followers have fetched once. */
export const END_RETRIES = { retries: 6, minTimeout: 200, maxTimeout: 1_000 };
