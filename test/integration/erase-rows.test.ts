import { eraseRows } from 'qcc-cli/erase/erase-rows';
import type { RowsDeps } from 'qcc-cli/erase/unlogged-statements';
import { toDeadLetterRow } from 'qcc-clickhouse/rows/to-dead-letter-row';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { anyCharacterOf, startRecordingProxy } from './recording-proxy.ts';
import { connect, debtor, extractedOrder, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

const key = createErasureKey(Buffer.alloc(32, 3).toString('base64'));
const T0 = Date.parse('2026-11-24T10:00:00+08:00');

let db: SinkDatabase;
beforeEach(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
  await db.insert('order_events', extractedOrder({ declared: 3 }, [0, 2]));
  const named = { changeContent: '由“张三”变更', changeExtend: String.raw`{"a":"\u5f20\u4e09"}` };
  await db.insert('record_history', [
    recordRow({ position: 0, id: 'r0', corpKeyNo: 'k1', ...named, detailStatus: 'PENDING' }),
    recordRow({
      ...{ position: 0, id: 'r0', corpKeyNo: 'k1', ...named, detailStatus: 'ENRICHED', detailsFetchedAt: T0 },
      dishonestDebtors: [debtor({ id: 'd', anno: '张三案', amount: '1234567.89', lianDate: 20_000 })],
    }),
    recordRow({ position: 1, id: 'r1', corpKeyNo: 'k2', ...named, extra: { owner: '"张三"' } }),
    recordRow({ position: 2, id: 'r2', corpKeyNo: 'k3', detailStatus: 'PENDING' }),
  ]);
  await db.insert('dead_letters', [
    deadLetter(0, 'k1', Buffer.from('{"corpKeyNo":"k1"}')),
    deadLetter(1, 'k2', Buffer.from('{"changeContent":"张三"}')),
    deadLetter(2, 'k3', Buffer.from('张三\xff', 'latin1')),
    deadLetter(3, 'k3', Buffer.from('李四')),
  ]);
});
afterEach(() => db[Symbol.asyncDispose]());

const deadLetter = (offset: number, corpKeyNo: string, value: Buffer) =>
  toDeadLetterRow(
    { key: Buffer.from(corpKeyNo), value, headers: { 'qcc.dlq.account': 'main', 'qcc.dlq.stage': 'sink' } },
    { topic: 'dead-letters', partition: 0, offset: String(offset), timestamp: String(T0) },
  );

function erase(subject: { company?: string; person?: string }, dryRun = false, deps: RowsDeps = db) {
  const erasure = { ...key.describe({ account: 'main', ...subject }), at: 1, reason: 'r', decidedBy: 'd' };
  const input = { subject: { account: 'main', ...subject }, erasureId: erasure.id, dryRun };
  return eraseRows(deps, { ...input, eraser: createEraser(key, [erasure]) });
}

/** Without FINAL: what is still on disk. */
const everything = async (): Promise<string> =>
  JSON.stringify([
    await db.rows('SELECT * FROM {{db}}.record_history'),
    await db.rows('SELECT * FROM {{db}}.record_current'),
    await db.rows('SELECT * FROM {{db}}.dead_letters'),
    await db.rows("SELECT command FROM system.mutations WHERE database = '{{db}}'"),
  ]);
const order = async () => (await db.rows('SELECT stored, pending_details, status FROM {{db}}.orders'))[0];

it('a company is erased with its details and dead letters, and its pending record no longer keeps the order open', async () => {
  expect(await erase({ company: 'k3' })).toEqual({ occurrences: 1, deadLetters: 2 });
  expect(await everything()).not.toContain('k3');
  expect(await order()).toEqual({ stored: 3, pending_details: 0, status: 'COMPLETE' });
  expect(await erase({ company: 'k3' })).toEqual({ occurrences: 0, deadLetters: 0 });
});

it('a row of a company that is erased at the same time does not come back with the name replaced', {
  tags: 'whole',
}, async () => {
  const [company, person] = [{ company: 'k1' }, { person: '张三' }].map((subject) => ({
    ...{ ...key.describe({ account: 'main', ...subject }), at: 1, reason: 'r', decidedBy: 'd' },
  }));
  await eraseRows(db, {
    ...{ subject: { account: 'main', person: '张三' }, erasureId: person!.id, dryRun: false },
    eraser: createEraser(key, [company!, person!]),
  });
  const rows = await db.rows('SELECT DISTINCT corp_key_no FROM {{db}}.record_history ORDER BY corp_key_no');
  expect(rows).toEqual([{ corp_key_no: 'k2' }, { corp_key_no: 'k3' }]);
});

it('records that name a person are announced before any of them changes, and again to a run that was cut off', {
  tags: 'whole',
}, async () => {
  const erasure = { ...key.describe({ account: 'main', person: '张三' }), at: 1, reason: 'r', decidedBy: 'd' };
  const subject = { account: 'main', person: '张三' };
  const input = { subject, erasureId: erasure.id, eraser: createEraser(key, [erasure]), dryRun: false };
  const before = await everything();
  const announced: unknown[] = [];
  const cutOff = eraseRows(db, {
    ...input,
    async announce(records) {
      announced.push(...records);
      throw new Error('Kafka is away');
    },
  });
  await expect(cutOff).rejects.toThrow('Kafka is away');
  const named = [
    { account: 'main', corpKeyNo: 'k1', id: 'r0' },
    { account: 'main', corpKeyNo: 'k2', id: 'r1' },
  ];
  expect(announced).toHaveLength(named.length);
  expect(announced).toEqual(expect.arrayContaining(named));
  const texts = (stored: string) => stored.split('张三').length;
  expect(texts(await everything())).toBeGreaterThan(texts(before) - 4);
  const again: unknown[] = [];
  await eraseRows(db, { ...input, announce: async (records) => void again.push(...records) });
  expect(again).toEqual(expect.arrayContaining(named));
  const nothing: unknown[] = [];
  await eraseRows(db, { ...input, announce: async (records) => void nothing.push(...records) });
  expect(nothing).toEqual([]);
});

it('a name is erased from texts, escaped texts and details; all other values stay, in every version', async () => {
  const columns = 'id, version, detail_status, push_date, change_date, dishonest_debtors, details_fetched_at';
  const history = () => db.rows(`SELECT ${columns} FROM {{db}}.record_history ORDER BY ALL`);
  const before = JSON.stringify(await history());
  expect(await erase({ person: '张三' })).toEqual({ occurrences: 2, deadLetters: 1 });
  expect(await everything()).not.toMatch(/张三|5f20/);
  expect(JSON.stringify(await history())).toBe(before.replaceAll('张三', '※※'));
  expect(await db.rows("SELECT id, change_content, extra FROM {{db}}.records WHERE id = 'r1'")).toEqual([
    { id: 'r1', change_content: '由“※※”变更', extra: { owner: '"※※"' } },
  ]);
  expect(await order()).toEqual({ stored: 3, pending_details: 1, status: 'DETAILS_PENDING' });
});

it('a name with an apostrophe goes from maps and details too, and one of which only a part is escaped', {
  tags: 'whole',
}, async () => {
  const owner = { corpKeyNo: 'k9', id: 'r9' };
  await db.insert('record_history', [
    recordRow({ ...owner, position: 3, extra: { owner: JSON.stringify("Anne O'Neil") } }),
    recordRow({ ...owner, position: 4, dishonestDebtors: [debtor({ id: 'd', anno: "Anne O'Neil案" })] }),
    recordRow({ ...owner, position: 5, changeContent: "股东Anne O'Neil退出" }),
    recordRow({ ...owner, position: 6, changeExtend: String.raw`{"a":"李\ud842\uDFB7"}` }),
    recordRow({ ...owner, position: 7, changeContent: '李氏𠮷祥' }),
  ]);
  expect((await erase({ person: "Anne O'Neil" })).occurrences).toBe(3);
  expect((await erase({ person: '李𠮷' })).occurrences).toBe(1);
  expect(await everything()).not.toMatch(/Neil|ud842/);
});

it('a name is erased in each of its spellings, but not from longer words and not from names of fields', {
  tags: 'whole',
}, async () => {
  const owner = { corpKeyNo: 'k9', id: 'r9' };
  const texts = [
    '股东Jose\u0301 Li退出',
    String.raw`{"a":"Jose\u0301\u3000Li"}`,
    'Jos\u00e9 Lima',
    '{"Jos\u00e9 Li":"a"}',
  ];
  const points = ['阿卜杜拉•买买提', '阿卜杜拉．买买提'];
  await db.insert(
    'record_history',
    [...texts, ...points].map((changeExtend, at) => recordRow({ ...owner, position: 3 + at, changeExtend })),
  );
  expect((await erase({ person: 'Jos\u00e9 Li' }, true)).occurrences).toBe(2);
  expect((await erase({ person: 'Jos\u00e9 Li' })).occurrences).toBe(2);
  expect((await erase({ person: '阿卜杜拉·买买提' })).occurrences).toBe(2);
  const rows = await db.rows<{ text: string }>(
    "SELECT change_extend AS text FROM {{db}}.record_history WHERE id = 'r9' ORDER BY position",
  );
  expect(rows.map(({ text }) => text)).toEqual(['股东※※退出', '{"a":"※※"}', ...texts.slice(2), '※※', '※※']);
  expect(await db.rows('SELECT position FROM {{db}}.erased_occurrences ORDER BY position')).toEqual(
    [3, 4, 7, 8].map((position) => ({ position })),
  );
});

it('a name goes from one company only where that is said', { tags: 'whole' }, async () => {
  expect((await erase({ person: '张三', company: 'k2' })).occurrences).toBe(1);
  const rows = await db.rows<{ id: string }>("SELECT id FROM {{db}}.records WHERE change_content LIKE '%张三%'");
  expect(rows).toEqual([{ id: 'r0' }]);
});

/** Takes the stored rows of a table again, as if a server had stored them whose clock goes wrong by some hours. */
const storeAgain = (table: string, hours: number, changes: readonly string[] = [], where = 'true') =>
  db.client.command({
    query: `INSERT INTO ${db.database}.${table}
      SELECT * REPLACE (${[`ingested_at + toIntervalHour(${hours}) AS ingested_at`, ...changes].join(', ')})
      FROM ${db.database}.${table} WHERE ${where}`,
  });

it.each([-2, 2])('a name goes from rows of a server whose clock is %d hours off', { tags: 'whole' }, async (hours) => {
  for (const table of ['record_history', 'dead_letters']) await storeAgain(table, hours);
  expect(await erase({ person: '张三' })).toEqual({ occurrences: 2, deadLetters: 1 });
  expect(await everything()).not.toMatch(/张三|5f20/);
  expect(await order()).toEqual({ stored: 3, pending_details: 1, status: 'DETAILS_PENDING' });
  // Again, with rows that were written anew before, and are later than this server's time now.
  expect(await erase({ person: '变更' })).toMatchObject({ occurrences: 2 });
  expect(await everything()).not.toContain('变更');
});

/** Merges a table, which leaves the row of each key that was stored last. */
const merge = async (table: string) =>
  void (await db.client.command({ query: `OPTIMIZE TABLE ${db.database}.${table} FINAL` }));

/** A client that runs a step once, before its first request of the given kind that names the table. */
function doBefore(kind: 'insert' | 'command', table: string, step: () => Promise<void>) {
  let isDone = false;
  const before = (params: unknown): Promise<void> => {
    if (isDone || !JSON.stringify(params).includes(`.${table}`)) return Promise.resolve();
    isDone = true;
    return step();
  };
  const client = new Proxy(db.client, {
    get: (target, name) =>
      name !== kind
        ? Reflect.get(target, name)
        : async (params: never) => {
            await before(params);
            return await target[kind](params);
          },
  });
  return { deps: { ...db, client }, isDone: () => isDone };
}

it('a newer version that a server stores meanwhile, whose clock is behind, stays', { tags: 'whole' }, async () => {
  const { deps, isDone } = doBefore('insert', 'record_history', async () => {
    const newer = ['version + 1 AS version', "'settled' AS change_content", "'' AS change_extend"];
    await storeAgain('record_history', -2, newer, "id = 'r1'");
  });
  expect((await erase({ person: '张三' }, false, deps)).occurrences).toBe(2);
  expect(isDone()).toBe(true);
  for (const from of ['record_history', 'record_current', 'records']) {
    const rows = await db.rows(`SELECT id FROM {{db}}.${from} WHERE id = 'r1' AND change_content = 'settled'`);
    expect([from, rows]).toEqual([from, [{ id: 'r1' }]]);
  }
});

const texts = async () => ({
  history: await db.rows("SELECT id, change_content AS text FROM {{db}}.record_history WHERE id < 'r2' ORDER BY ALL"),
  current: await db.rows("SELECT id, change_content AS text FROM {{db}}.records WHERE id < 'r2' ORDER BY ALL"),
  letters: await db.rows('SELECT value AS text FROM {{db}}.dead_letters FINAL WHERE source_offset = 1'),
});

it.each(['record_history', 'dead_letters'])(
  'of a record and a dead letter that two names are erased from at the same time, %s keeps both',
  { tags: 'whole' },
  async (table) => {
    await storeAgain('dead_letters', 0, ["'张三与李四' AS value"], 'source_offset = 1');
    await storeAgain('record_history', 0, ["'由张三与李四变更' AS change_content"], "id < 'r2'");
    for (const each of ['record_history', 'record_current', 'dead_letters']) await merge(each);
    const { deps, isDone } = doBefore('command', table, async () => void (await erase({ person: '李四' })));
    await erase({ person: '张三' }, false, deps);
    expect(isDone()).toBe(true);
    // Each run may not know the name of the other: another run erases it.
    for (const person of ['张三', '李四']) await erase({ person });
    expect(await everything()).not.toMatch(/张三|李四/);
    const kept = await texts();
    expect(kept.letters).toEqual([{ text: '※※与※※' }]);
    expect(new Set(kept.history.map(({ id }) => id))).toEqual(new Set(['r0', 'r1']));
    expect(kept.current).toEqual(['r0', 'r1'].map((id) => ({ id, text: '由※※与※※变更' })));
  },
);

it.each([
  ['record_history', ["'again' AS change_content", "'' AS change_extend", '[] AS dishonest_debtors', 'map() AS extra']],
  ['dead_letters', ["'again' AS value"]],
])(
  'a row of %s that the sink stores again stays, although a merge dropped the rewritten one',
  { tags: 'whole' },
  async (table, changes) => {
    const { deps, isDone } = doBefore('command', table, async () => {
      await storeAgain(table, 1, changes);
      const tables = table === 'record_history' ? [table, 'record_current'] : [table];
      for (const each of tables) await merge(each);
    });
    await erase({ person: '张三' }, false, deps);
    expect(isDone()).toBe(true);
    const { history, current, letters } = await texts();
    if (table === 'dead_letters') return expect(letters).toEqual([{ text: 'again' }]);
    expect(current).toEqual(['r0', 'r1'].map((id) => ({ id, text: 'again' })));
    expect(new Set(history.map(({ id }) => id))).toEqual(new Set(['r0', 'r1']));
  },
);

it('a dry run counts the same and changes nothing', { tags: 'whole' }, async () => {
  const before = await everything();
  expect(await erase({ company: 'k1' }, true)).toEqual({ occurrences: 1, deadLetters: 1 });
  expect(await everything()).toBe(before);
});

it('neither name nor company is in the URL or a header of any request', { tags: 'whole' }, async () => {
  const company = 'company-of-the-test';
  await db.insert('record_history', [
    recordRow({ position: 8, id: 'r8', corpKeyNo: company }),
    recordRow({ position: 9, id: 'r9', corpKeyNo: company, changeContent: '由“张三”变更' }),
  ]);
  await using proxy = await startRecordingProxy(inject('stack').CLICKHOUSE_URL);
  const client = connect(proxy.url);
  try {
    const deps = { client, database: db.database };
    expect((await erase({ person: '张三', company }, true, deps)).occurrences).toBe(1);
    expect((await erase({ person: '张三', company }, false, deps)).occurrences).toBe(1);
    expect((await erase({ company }, false, deps)).occurrences).toBe(2);
  } finally {
    await client.close();
  }
  expect(proxy.bodies()).toContain(company);
  expect(proxy.bodies()).toContain('张');
  expect(proxy.heads()).toContain('POST');
  expect(proxy.heads()).not.toMatch(anyCharacterOf('张三'));
  expect(proxy.heads()).not.toContain(company);
});
