import { compareVersions } from 'qcc-core/contract/version';
import type { ErasedRecord } from '../generated/topics.ts';

/** What a version belongs to. The company of a record never changes. */
export type RecordKey = { account: string; corpKeyNo: string; id: string };

/**
 * Remembers the newest version of each record that came, also of changes that the filter left out and of dead letters. Versions have 32
 * bytes, and the greater one, compared as unsigned bytes, is newer.
 *
 * To handle each version once even after a crash, keep the versions in the database of your handler. The handler writes the change and its
 * version in one transaction, and `get` reads the version. `set` writes the version if it is greater than the stored one. It changes
 * nothing if the handler has written the same version.
 */
export type VersionStore = {
  get(key: RecordKey): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * Called after the handler has resolved, and for changes that the filter left out and for dead letters. The version is greater than the
   * one that `get` returned. It may be written later, but has to be durable when `get` is called for the record again: otherwise an
   * older version can be handled after a newer one if the process crashes.
   */
  set(key: RecordKey, version: Uint8Array): void | Promise<void>;
  /**
   * Whether `erase` was called last for this company or record with the same `erasedAt`. Without it, `onErased` gets every erasure at
   * each start.
   */
  hasErased?(erasure: ErasedRecord): boolean | Promise<boolean>;
  /**
   * Forgets the versions of the company, or of the record if there is an `id`, and remembers the erasure. Called after `onErased` has
   * resolved.
   */
  erase?(erasure: ErasedRecord): void | Promise<void>;
  /** Called before offsets are committed. Everything that was set or erased has to be durable when it resolves. */
  flush?(): void | Promise<void>;
};

/** Keeps some 250 bytes for each record, and forgets them when the process ends. */
export function memoryStore(): VersionStore {
  const versions = new Map<string, { corpKeyNo: string; version: Uint8Array }>();
  const erasures = new Map<string, number>();
  const nameOf = ({ account, id }: Pick<RecordKey, 'account' | 'id'>): string => `${account.length}|${account}${id}`;
  const erasureOf = ({ account, corpKeyNo, id }: ErasedRecord): string => JSON.stringify([account, corpKeyNo, id]);
  return {
    get: (key) => versions.get(nameOf(key))?.version,
    set(key, version) {
      const name = nameOf(key);
      const stored = versions.get(name);
      if (stored && compareVersions(version, stored.version) <= 0) return;
      // A view of a message would keep all of the message in memory.
      versions.set(name, { corpKeyNo: key.corpKeyNo, version: Uint8Array.from(version) });
    },
    hasErased: (erasure) => erasures.get(erasureOf(erasure)) === erasure.erasedAt,
    erase(erasure) {
      const { account, corpKeyNo, id } = erasure;
      erasures.set(erasureOf(erasure), erasure.erasedAt);
      if (id !== null) versions.delete(nameOf({ account, id }));
      else {
        const ofAccount = nameOf({ account, id: '' });
        for (const [name, each] of versions)
          if (each.corpKeyNo === corpKeyNo && name.startsWith(ofAccount)) versions.delete(name);
      }
    },
  };
}
