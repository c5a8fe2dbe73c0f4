import type { Readable } from 'node:stream';

/** What is put: bytes, or a file whose size and SHA-256 (lower-case hex) are known. */
export type EvidenceContent = Uint8Array | { file: string; bytes: number; sha256: string };

export type EvidenceObject = {
  key: string;
  bytes: number;
  /** When it was put, ms. */
  putAt: number;
};

/** The object that `make` puts, by which a new store is not empty. It is not listed. */
export const STORE_MARK = 'STORE';

/**
 * Where originals are kept: objects under keys like `archives/main/DDMON1/abc.zip`. Whatever goes wrong in the
 * surroundings (disk full, no right, no network) is an EvidenceError `unavailable`.
 */
export type EvidenceStore = AsyncDisposable & {
  /** For people: which folder or bucket. */
  readonly place: string;
  /** Resolves once the object is durable; whoever reads meets all of it or nothing. Replaces what is there. */
  put(key: string, content: EvidenceContent): Promise<void>;
  /** Null where there is none. The stream has to be read or destroyed. */
  get(key: string): Promise<Readable | null>;
  has(key: string): Promise<boolean>;
  /** Keys that begin with the prefix, in no promised order, but those of one folder together. */
  list(prefix: string): AsyncGenerator<EvidenceObject, void, undefined>;
  /** Whether it is there or not. */
  delete(key: string): Promise<void>;
  /** Makes the store, which need not be empty: until then it is not there (see `isMade`). */
  make(): Promise<void>;
  /**
   * Whether anything is in the store. A mistyped place is empty or not there, and so is the bare folder of a volume that is
   * not mounted; nothing else tells them from a store. So nothing is put into a folder that is empty or not there.
   */
  isMade(): Promise<boolean>;
};

/**
 * - `unavailable`: the store does not do its work now: wait
 * - `altered`: what is kept is not what was put: a person has to look
 */
export class EvidenceError extends Error {
  override readonly name = 'EvidenceError';
  readonly kind: 'unavailable' | 'altered';
  constructor(kind: EvidenceError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The store is empty or not there. @see EvidenceStore.isMade */
export const notMadeError = (place: string): EvidenceError =>
  new EvidenceError(
    'unavailable',
    `there is no evidence store in ${place}: mount its volume or correct EVIDENCE_URL; if it is meant to be new, run \`npx qcc evidence init\` once`,
  );
