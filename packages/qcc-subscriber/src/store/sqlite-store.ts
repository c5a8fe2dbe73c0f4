import { DatabaseSync } from 'node:sqlite';
import { compareVersions } from 'qcc-core/contract/version';
import { isAbout } from '../core/erasure-index.ts';
import { SubscriptionError } from '../errors.ts';
import type { ErasedRecord } from '../generated/topics.ts';
import type { RecordKey, VersionStore } from './version-store.ts';

/**
 * Keeps the versions in a file, and which erasures were handled. `flush` writes what is new in one transaction. If that fails, for
 * example because the disk is full, the next flush writes it again. A flush comes before each commit of offsets, after erasures, and
 * before the next version of a record. So after a crash the file may know versions whose offsets were not committed; those changes were
 * handled, or left out. And no older version follows a newer one: at most the newest handled version of a record comes again. One
 * process uses a file at a time.
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
  const nameOf = (...parts: string[]): string => JSON.stringify(parts);
  /** What a crash would lose, by record, and by company and record. A version here came after an erasure here of the same record. */
  const versions = new Map<string, { key: RecordKey; version: Uint8Array }>();
  const erasures = new Map<string, ErasedRecord>();

  const writeErasure = ({ account, corpKeyNo, id, erasedAt }: ErasedRecord): void => {
    if (id === null) deleteCompany.run(account, corpKeyNo);
    else deleteRecord.run(account, id);
    upsertErasure.run(account, corpKeyNo, id ?? WHOLE_COMPANY, erasedAt);
  };
  const flush = (): void => {
    if (versions.size === 0 && erasures.size === 0) return;
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const erasure of erasures.values()) writeErasure(erasure);
      for (const { key, version } of versions.values()) upsert.run(key.account, key.id, key.corpKeyNo, version);
      database.exec('COMMIT');
    } catch (error) {
      // After some errors, such as a full disk, SQLite has already rolled back.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
    versions.clear();
    erasures.clear();
  };
  return {
    get({ account, id }) {
      // The next version of the record may be handled now. If a crash lost both versions, the first one would be handled again after the second.
      if (versions.has(nameOf(account, id)) || erasures.size > 0) flush();
      return (select.get(account, id) as { version: Uint8Array } | undefined)?.version;
    },
    set(key, version) {
      const name = nameOf(key.account, key.id);
      const before = versions.get(name);
      if (before && compareVersions(version, before.version) <= 0) return;
      // A view of a message would keep all of the message in memory.
      versions.set(name, { key, version: Uint8Array.from(version) });
    },
    hasErased({ account, corpKeyNo, id, erasedAt }) {
      const erasedId = id ?? WHOLE_COMPANY;
      const unflushed = erasures.get(nameOf(account, corpKeyNo, erasedId));
      return erasedAt === (unflushed?.erasedAt ?? selectErasure.get(account, corpKeyNo, erasedId)?.erased_at);
    },
    erase(erasure) {
      const { account, corpKeyNo, id } = erasure;
      erasures.set(nameOf(account, corpKeyNo, id ?? WHOLE_COMPANY), erasure);
      for (const [name, { key }] of versions) if (isAbout(erasure, key)) versions.delete(name);
    },
    flush,
    [Symbol.dispose]() {
      try {
        flush();
      } finally {
        database.close();
      }
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
