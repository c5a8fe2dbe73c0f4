export type ArchiveLimits = {
  /** Largest plaintext of the entry. */
  entryMaxBytes: number;
  /** Largest plaintext bytes per compressed byte, declared and real; records come to about 10, a bomb to 1,000. Default 100. */
  maxRatio?: number;
  /** Default 64. */
  maxEntries?: number;
};
