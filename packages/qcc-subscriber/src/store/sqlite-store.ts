import { DatabaseSync } from 'node:sqlite';
import type { VersionStore } from './version-store.ts';

/**
 * Keeps the versions in a file. They are written in a transaction that `flush` commits, so a crash forgets the versions whose
 * offsets were not committed either. One process uses a file at a time.
 * @param path Of the file; it is created if it is not there.
 * @throws errors of SQLite
 */
export function sqliteStore(path: string): VersionStore & Disposable {
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS versions (
      account TEXT NOT NULL, id TEXT NOT NULL, version BLOB NOT NULL, PRIMARY KEY (account, id)
    ) WITHOUT ROWID;
  `);
  const select = database.prepare('SELECT version FROM versions WHERE account = ? AND id = ?');
  // SQLite compares BLOBs as unsigned bytes.
  const upsert = database.prepare(`
    INSERT INTO versions VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET version = excluded.version WHERE excluded.version > versions.version
  `);
  let isOpen = false;
  const flush = (): void => {
    if (isOpen) database.exec('COMMIT');
    isOpen = false;
  };
  return {
    get: ({ account, id }) => (select.get(account, id) as { version: Uint8Array } | undefined)?.version,
    set({ account, id }, version) {
      if (!isOpen) database.exec('BEGIN IMMEDIATE');
      isOpen = true;
      upsert.run(account, id, version);
    },
    flush,
    [Symbol.dispose]() {
      flush();
      database.close();
    },
  };
}
