/**
 * How long tests wait for what has to come, for `vi.waitFor`: not what it takes, but what it may take where a dozen others
 * share two cores. Only a test that fails takes as long.
 */
export const PATIENCE = { timeout: 240_000, interval: 100 } as const;
