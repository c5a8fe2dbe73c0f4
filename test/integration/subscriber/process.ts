/**
 * A subscriber for `kills.ts`, which kills it. It keeps what it handled in a database, as a team's service would.
 * Arguments: the group, the file of its database, the file of the store. The connections are in the environment.
 */
import { DatabaseSync } from 'node:sqlite';
import { compareVersions } from 'qcc-core/contract/version';
import { sqliteStore } from '../../../packages/qcc-subscriber/src/store/sqlite-store.ts';
import { subscribe } from '../../../packages/qcc-subscriber/src/subscribe.ts';

const [group = '', stateFile = '', storeFile = ''] = process.argv.slice(2);
const state = new DatabaseSync(stateFile);
state.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS state (account TEXT, id TEXT, version BLOB, PRIMARY KEY (account, id));
`);
const read = state.prepare('SELECT version FROM state WHERE account = ? AND id = ?');
const write = state.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)');

const subscription = subscribe({
  topic: 'enriched-records',
  group,
  from: 'history',
  store: sqliteStore(storeFile),
  commitIntervalMs: 50,
  kafka: { sessionTimeoutMs: 6_000 },
});
process.once('SIGTERM', () => void subscription.close());
process.stdout.write('started\n');
await subscription.run(({ record: { account, id }, version, delivery }) => {
  const known = read.get(account, id) as { version: Uint8Array } | undefined;
  if (known && compareVersions(version, known.version) < 0) process.stdout.write(`older ${id}\n`);
  write.run(account, id, version);
  process.stdout.write(`${delivery.from}\n`);
});
process.stdout.write('closed\n');
