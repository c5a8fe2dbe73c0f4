import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { z } from 'zod';

/** What is put: bytes, or a file whose size and SHA-256 (lower-case hex) are known. */
export type EvidenceContent = Uint8Array | { file: string; bytes: number; sha256: string };

export type EvidenceObject = {
  key: string;
  bytes: number;
  /** When it was put, ms. */
  putAt: number;
};

/** The object that `make` puts, by which a store is known. It is not listed. */
export const STORE_MARK = 'STORE';
/** Folders that identify a store from the time before `make` put a mark. */
export const STORE_FOLDERS = ['archives', 'answers', 'erasures'] as const;

/** What is in the place of a store: a store, nothing (or no such place), or anything else. */
export type PlaceContents = 'store' | 'nothing' | 'other';

/**
 * Where originals are kept: objects under keys like `archives/main/DDMON1/abc.zip`. Whatever goes wrong in the
 * environment (disk full, no right, no network) is an EvidenceError `unavailable`.
 */
export type EvidenceStore = AsyncDisposable & {
  /** For people: which folder or bucket. */
  readonly place: string;
  /** Resolves once the object is durable. It replaces an existing object. Readers never get a part of an object. */
  put(key: string, content: EvidenceContent): Promise<void>;
  /** Null where there is none. The stream has to be read or destroyed. */
  get(key: string): Promise<Readable | null>;
  has(key: string): Promise<boolean>;
  /** Keys that begin with the prefix, in any order, but those of one folder together. */
  list(prefix: string): AsyncGenerator<EvidenceObject, void, undefined>;
  /** Deletes an object. It is not an error if the object does not exist. */
  delete(key: string): Promise<void>;
  /** Makes the store, which need not be empty: until then it is not there (see `contents`). */
  make(): Promise<void>;
  /**
   * Says what is in the place of the store. A mistyped place, or the mount point of a volume that is not mounted, is missing, empty,
   * or has other contents. So nothing is put into a folder that is not a store.
   */
  contents(): Promise<PlaceContents>;
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

/** What a kept object says. @throws EvidenceError `altered` */
export function parseKept<Value>(schema: z.ZodType<Value>, key: string, json: string): Value {
  try {
    return schema.parse(JSON.parse(json));
  } catch (cause) {
    throw new EvidenceError('altered', `${key} in the evidence store is not what was written`, { cause });
  }
}

/** The place does not hold an evidence store. @see EvidenceStore.contents */
export const notMadeError = (place: string, contents: Exclude<PlaceContents, 'store'>): EvidenceError =>
  new EvidenceError(
    'unavailable',
    contents === 'nothing'
      ? `there is no evidence store in ${place}: mount its volume or correct EVIDENCE_URL. To make a new store, run \`npx qcc evidence init\` once`
      : `${place} is not an evidence store: other things are in it; mount its volume or correct EVIDENCE_URL. To keep evidence next to them, run \`npx qcc evidence init\` once`,
  );

const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/**
 * Makes one part of a key. Order numbers, company keys and check ids come from outside. A text that is not a plain name becomes its
 * hash, so that it cannot lead out of its folder or be too long for a file system. The objects contain the texts themselves.
 */
export const keyPart = (text: string): string =>
  PLAIN.test(text) ? text : `~${createHash('sha256').update(text).digest('hex')}`;

/** @throws RangeError where a key is not made of such parts. */
export function requireKey(key: string): void {
  if (!key.split('/').every((part) => /^[A-Za-z0-9_~][A-Za-z0-9._~-]{0,249}$/.test(part))) {
    throw new RangeError(`${JSON.stringify(key)} is not a key of the evidence store`);
  }
}
