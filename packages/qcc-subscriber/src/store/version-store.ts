/** What a version belongs to. */
export type RecordKey = { account: string; id: string };

/**
 * Remembers the newest version that was handled of each record. Versions have 32 bytes, and the greater one, compared as unsigned
 * bytes, is newer.
 *
 * To handle each version once even after a crash, keep the versions in the database of your handler: write both in one transaction,
 * let `get` read it, and leave `set` empty.
 */
export type VersionStore = {
  get(key: RecordKey): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Called after the handler has resolved. The version is greater than the one that `get` returned. */
  set(key: RecordKey, version: Uint8Array): void | Promise<void>;
  /** Called before offsets are committed. Everything that was set has to be durable when it resolves. */
  flush?(): void | Promise<void>;
};

/** Keeps about 150 bytes for each record, and forgets them when the process ends. */
export function memoryStore(): VersionStore {
  const versions = new Map<string, Uint8Array>();
  const nameOf = ({ account, id }: RecordKey): string => `${account.length}|${account}${id}`;
  return {
    get: (key) => versions.get(nameOf(key)),
    // A view of a message would keep all of the message in memory.
    set: (key, version) => void versions.set(nameOf(key), Uint8Array.from(version)),
  };
}
