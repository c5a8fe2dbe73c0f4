import { DatabaseSync } from 'node:sqlite';
import { SubscriptionError } from '../errors.ts';
import type { VersionStore } from './version-store.ts';

/**
 * Keeps the versions in a file, and which erasures were handled. They are written in a transaction that `flush` commits. A flush comes
 * before each commit of offsets, after erasures, and before the next version of a record. So after a crash the file may know versions whose
 * offsets were not committed; those changes were handled, or left out. And no older version follows a newer one: at most the newest
 * handled version of a record comes again. One process uses a file at a time.
 * @param path Of the file; it is created if it is not there.
 * @throws SubscriptionError for a file of an earlier version, errors of SQLite
 */
export function sqliteStore(path: string): VersionStore & Disposable {
  const database = new DatabaseSync(path);
  refuseEarlierFile(database, path);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS versions (
      account TEXT NOT NULL, id TEXT NOT NULL, corp_key_no TEXT NOT NULL, version BLOB NOT NULL, PRIMARY KEY (account, id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS versions_by_company ON versions (account, corp_key_no);
    CREATE TABLE IF NOT EXISTS erasures (
      account TEXT NOT NULL, corp_key_no TEXT NOT NULL, id TEXT NOT NULL, erased_at INTEGER NOT NULL,
      PRIMARY KEY (account, corp_key_no, id)
    ) WITHOUT ROWID;
  `);
  const select = database.prepare('SELECT version FROM versions WHERE account = ? AND id = ?');
  // SQLite compares BLOBs as unsigned bytes.
  const upsert = database.prepare(`
    INSERT INTO versions (account, id, corp_key_no, version) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET version = excluded.version WHERE excluded.version > versions.version
  `);
  const deleteCompany = database.prepare('DELETE FROM versions WHERE account = ? AND corp_key_no = ?');
  const deleteRecord = database.prepare('DELETE FROM versions WHERE account = ? AND id = ?');
  const selectErasure = database.prepare(
    'SELECT erased_at FROM erasures WHERE account = ? AND corp_key_no = ? AND id = ?',
  );
  const upsertErasure = database.prepare('INSERT OR REPLACE INTO erasures VALUES (?, ?, ?, ?)');
  /** No record has the empty id. */
  const WHOLE_COMPANY = '';
  let isOpen = false;
  /** Records whose versions a crash would lose. */
  const unflushed = new Set<string>();
  const write = (): void => {
    if (!isOpen) database.exec('BEGIN IMMEDIATE');
    isOpen = true;
  };
  const flush = (): void => {
    if (isOpen) database.exec('COMMIT');
    isOpen = false;
    unflushed.clear();
  };
  return {
    get({ account, id }) {
      // The next version of the record may be handled now. If a crash lost both versions, the first one would be handled again after the second.
      if (unflushed.has(JSON.stringify([account, id]))) flush();
      return (select.get(account, id) as { version: Uint8Array } | undefined)?.version;
    },
    set({ account, id, corpKeyNo }, version) {
      write();
      upsert.run(account, id, corpKeyNo, version);
      unflushed.add(JSON.stringify([account, id]));
    },
    hasErased: ({ account, corpKeyNo, id, erasedAt }) =>
      selectErasure.get(account, corpKeyNo, id ?? WHOLE_COMPANY)?.erased_at === erasedAt,
    erase({ account, corpKeyNo, id, erasedAt }) {
      write();
      if (id === null) deleteCompany.run(account, corpKeyNo);
      else deleteRecord.run(account, id);
      upsertErasure.run(account, corpKeyNo, id ?? WHOLE_COMPANY, erasedAt);
    },
    flush,
    [Symbol.dispose]() {
      flush();
      database.close();
    },
  };
}

/** The companies of its versions are not known, so it cannot be brought up to date. */
function refuseEarlierFile(database: DatabaseSync, path: string): void {
  const columns = database.prepare('PRAGMA table_info(versions)').all();
  if (columns.length === 0 || columns.some(({ name }) => name === 'corp_key_no')) return;
  database.close();
  throw new SubscriptionError(
    `${path} was written by an earlier version of qcc-subscriber, and does not say which company a record belongs to. Delete the file, or give another path: then changes that come again are handled again.`,
  );
}
