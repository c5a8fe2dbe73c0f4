import { describeOtherKeys, readStatedKeys, stateKeyIds } from 'qcc-clickhouse/key-ids';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openSinkDatabase, type SinkDatabase } from './sink-database.ts';

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

const fail = (error: unknown) => expect.fail(String(error));
const state = (host: string, ERASURE_KEY: string | null) =>
  stateKeyIds(db, { keyIds: { ERASURE_KEY, PSEUDONYM_KEY: 'p' }, host, onError: fail });
const stated = () => readStatedKeys(db, 'ERASURE_KEY');
/** A statement of a sink that ended that long ago. */
const endedAgo = (keyId: string, seconds: number) =>
  db.client.command({
    query: `INSERT INTO ${db.database}.service_settings (name, value, updated_at) SELECT 'ERASURE_KEY:${keyId}', 'old', now64(3) - ${seconds}`,
  });

test('without a sink, there is no key', async () => {
  expect(await stated()).toEqual([]);
});

test('a sink that ended long ago counts until another one runs', async () => {
  await endedAgo('old', 3_600);
  expect(await stated()).toEqual([{ keyId: 'old', host: 'old' }]);
});

test('a sink that started later does not hide the key of an earlier one', async () => {
  await using _earlier = await state('earlier', 'a');
  await using _later = await state('later', 'b');
  await using _without = await state('without', null);
  expect(await stated()).toEqual([
    { keyId: null, host: 'without' },
    { keyId: 'a', host: 'earlier' },
    { keyId: 'b', host: 'later' },
  ]);
  expect(describeOtherKeys('ERASURE_KEY', 'b', await stated())).toContain(
    'ERASURE_KEY here is key b, and the sink on without has none, and the sink on earlier has key a: give the same',
  );
  expect(await readStatedKeys(db, 'PSEUDONYM_KEY')).toEqual([{ keyId: 'p', host: expect.any(String) }]);
});

test('a sink that ended a minute ago no longer counts, and one that may have missed a turn does', async () => {
  await using _running = await state('running', 'a');
  await endedAgo('gone', 90);
  await endedAgo('late', 30);
  const keyIds = (await stated()).map(({ keyId }) => keyId);
  expect(keyIds).toEqual(expect.arrayContaining(['a', 'late']));
  expect(keyIds).not.toContain('gone');
});
