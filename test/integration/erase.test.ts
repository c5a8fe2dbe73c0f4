import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import type { EnrichedRecord, ErasedRecord } from 'qcc-core/contract/domain';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { runCli } from '../../packages/qcc-cli/src/run-cli.ts';
import { openFleet } from '../harness/instances.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { readAvro } from '../harness/read-avro.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { startService } from '../harness/start-service.ts';
import { anyCharacterOf, startRecordingProxy } from './recording-proxy.ts';

/**
 * A company and a person are erased after their orders went through the real services, and must not come back by a replay,
 * by a replay of the kept original, or by a rebuild. The tests build on one another.
 */
const RECORDS = 60;
const WHY = ['--who', 'data protection officer', '--why', 'request 17'];
const BY = [...WHY, '--yes'];

let pipeline: Pipeline;
let company: string;
let person: string;
const orderNos: string[] = [];
const rebuilt = `rebuilt_${randomUUID().slice(0, 8)}`;

const qcc = (...args: string[]) => runQcc(pipeline.env, args);
/** The same, with a recording proxy before each server that an erasure asks by HTTP. */
async function recorded(...args: string[]) {
  const { CLICKHOUSE_URL, SCHEMA_REGISTRY_URL } = pipeline.env;
  await using clickhouse = await startRecordingProxy(CLICKHOUSE_URL!);
  await using registry = await startRecordingProxy(SCHEMA_REGISTRY_URL!);
  const { pathname } = new URL(SCHEMA_REGISTRY_URL!);
  const result = await runQcc(
    { ...pipeline.env, CLICKHOUSE_URL: clickhouse.url, SCHEMA_REGISTRY_URL: `${registry.url}${pathname}` },
    args,
  );
  const heads = [clickhouse.heads(), registry.heads()];
  for (const each of heads) expect(each).toContain('127.0.0.1');
  return { ...result, heads: heads.join('\n'), bodies: clickhouse.bodies() };
}
/** Of another fleet: a sink with this key cannot know what was erased. */
const OTHER_KEY = randomBytes(32).toString('base64');

async function allComplete(revisions: readonly number[]): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await pipeline.query<{ order_no: string }>(
      'SELECT order_no, revision, declared, stored, status FROM {{db}}.orders',
    );
    const expected = orderNos.map((order_no, index) => {
      return { order_no, revision: revisions[index], declared: RECORDS, stored: RECORDS, status: 'COMPLETE' };
    });
    const byOrder = (a: { order_no: string }, b: { order_no: string }) => (a.order_no < b.order_no ? -1 : 1);
    expect(rows.sort(byOrder)).toEqual(expected.sort(byOrder));
  }, PATIENCE);
}

/** Tables that hold the text in any row, whatever the column. */
async function tablesWith(database: string, text: string): Promise<string[]> {
  const tables = await pipeline.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = '${database}' AND engine LIKE '%MergeTree' AND name != 'order_ledger'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await pipeline.query(`SELECT * FROM ${database}.${name}`);
    if (JSON.stringify(rows).includes(text)) found.push(name);
  }
  const mutations = await pipeline.query(`SELECT command FROM system.mutations WHERE database = '${database}'`);
  return JSON.stringify(mutations).includes(text) ? [...found, 'system.mutations'] : found;
}

/** Files of the evidence store that hold the text in their name or, unless encrypted, in their content. */
async function originalsWith(text: string): Promise<string[]> {
  const root = fileURLToPath(pipeline.env.EVIDENCE_URL!);
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.includes(text) || (entry.isFile() && (await readFile(path, 'utf8')).includes(text))) found.push(path);
  }
  return found;
}

/** Each record has the pseudonym of its company, unless the company's name lost a name. */
async function havePseudonyms(database: string, key = pipeline.env.PSEUDONYM_KEY): Promise<void> {
  const rows = await pipeline.query<Record<'account' | 'company' | 'pseudonym', string> & { renamed: number }>(
    `SELECT account, corp_key_no AS company, owner_pseudonym AS pseudonym, position(ifNull(corp_name, ''), '※※') > 0 AS renamed
     FROM ${database}.record_history FINAL`,
  );
  expect(rows.length).toBeGreaterThan(0);
  const pseudonyms = createPseudonyms(key);
  for (const { account, company, pseudonym, renamed } of rows)
    expect(pseudonym).toBe(renamed ? null : pseudonyms.of(account, company));
}

async function nothingIsBack(database: string): Promise<void> {
  for (const text of [company, person]) expect(await tablesWith(database, text)).toEqual([]);
}

/** What subscribers are told, in the order of the topic. */
const announced = () => readAvro<ErasedRecord>(pipeline, 'erased-records');
/** What they have to erase: the newest message of each key, without its time. */
const toErase = async () =>
  new Set((await announced()).map(({ account, corpKeyNo, id, extent }) => [account, corpKeyNo, id, extent].join()));
/** What they hold that names the person, by the topic that they read. */
const recordsWithName = async () =>
  (await readAvro<EnrichedRecord>(pipeline, 'enriched-records')).filter(
    (each) => JSON.stringify(each).includes(person) && each.record.corpKeyNo !== company,
  );

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'erase' },
    env: {
      DETAIL_RATE_PER_SECOND: '1000',
      ERASURE_KEY: randomBytes(32).toString('base64'),
      PSEUDONYM_KEY: randomBytes(32).toString('base64'),
    },
  });
  for (const types of [
    ['2', '4', '10', '11'],
    ['4', '11', '12'],
  ]) {
    orderNos.push((await pipeline.simulator.createOrder({ records: RECORDS, types })).orderNo);
  }
  await allComplete([0, 0]);
  const [row] = await pipeline.query<{ corp_key_no: string }>(
    `SELECT corp_key_no FROM {{db}}.records WHERE detail_status = 'ENRICHED' AND order_no = '${orderNos[0]}' ORDER BY id LIMIT 1`,
  );
  company = row!.corp_key_no;
  const [named] = await pipeline.query<{ content: string }>(
    `SELECT change_content AS content FROM {{db}}.records WHERE type = '4' AND corp_key_no != '${company}' AND order_no = '${orderNos[1]}'
     ORDER BY id LIMIT 1`,
  );
  person = /由“(.+?)”/.exec(named!.content)![1]!;
});
afterAll(async () => {
  await pipeline?.clickhouse.command({ query: `DROP DATABASE IF EXISTS ${rebuilt} SYNC` });
  await pipeline?.[Symbol.asyncDispose]();
});

test('a dry run counts, and erases nothing', async () => {
  const { exitCode, out, err } = await qcc('erase', '--company', company, ...BY, '--dry-run');
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toMatch(/^Would erase \([0-9a-f]{32}\): [1-9]\d* records and 0 dead letters/);
  expect(out).toMatch(/[1-9]\d* records in [1-9]\d* archives and [1-9]\d* detail responses/);
  expect(await tablesWith(pipeline.database, company)).toEqual(
    expect.arrayContaining(['record_history', 'record_current']),
  );
  expect(await pipeline.query('SELECT * FROM {{db}}.erasures')).toEqual([]);
  expect(await announced()).toEqual([]);
});

test.each([
  ['nobody to erase', [], /--company, --person or --person-file/],
  ['a reason that names the subject', ['--person', 'request 17'.slice(0, 7)], /must not name/],
])('%s is refused', async (_name, subject, message) => {
  expect(await qcc('erase', ...subject, ...BY)).toMatchObject({ exitCode: 1, err: expect.stringMatching(message) });
});

test('a key that the sink does not have erases nothing, and the doctor names it', async () => {
  const env = { ...pipeline.env, ERASURE_KEY: OTHER_KEY };
  const { exitCode, err } = await runQcc(env, ['erase', '--company', company, ...BY]);
  expect([exitCode, err]).toEqual([
    1,
    expect.stringMatching(/ERASURE_KEY here is key \w+, and the sink on \S+ has key \w+/),
  ]);
  expect((await runQcc(env, ['doctor'])).out).toMatch(/^FAIL {2}erasure key: ERASURE_KEY here is key/m);
  expect((await qcc('doctor')).out).toMatch(/^ok {4}erasure key: key \w+; every sink has the same$/m);
  expect(await originalsWith('request 17')).toEqual([]);
});

test('a second sink with another key warns at its start and keeps both keys from erasing, and each doctor names the other sink', {
  tags: 'whole',
}, async () => {
  const other = { ...pipeline.env, ERASURE_KEY: OTHER_KEY };
  {
    await using fleet = openFleet(pipeline);
    const second = await fleet.start('sink', { ERASURE_KEY: OTHER_KEY });
    await second.ready();
    const [here, there] = [OTHER_KEY, pipeline.env.ERASURE_KEY!].map((key) => createErasureKey(key).keyId);
    const warning = `ERASURE_KEY here is key ${here}, and the sink on ${hostname()} has key ${there}: give the same ERASURE_KEY to every sink`;
    expect(fleet.countInLogs(warning)).toBe(1);
    const erase = async (given: typeof pipeline.env) =>
      (await runQcc(given, ['erase', '--company', company, ...BY, '--dry-run'])).err;
    expect(await erase(pipeline.env)).toMatch(/the sink on \S+ has key/);
    expect(await erase(other)).toMatch(/ERASURE_KEY here is key \w+, and the sink on \S+ has key/);
    for (const given of [pipeline.env, other]) {
      expect((await runQcc(given, ['doctor'])).out).toMatch(/^FAIL {2}erasure key: .* and the sink on \S+ has key/m);
    }
  }
  // A sink that has ended counts for a minute.
  await pipeline.clickhouse.command({
    query: `ALTER TABLE ${pipeline.database}.service_settings DELETE WHERE name = 'ERASURE_KEY:${createErasureKey(OTHER_KEY).keyId}'`,
    clickhouse_settings: { mutations_sync: '1' },
  });
  expect((await qcc('doctor')).out).toMatch(/^ok {4}erasure key: key \w+; every sink has the same$/m);
});

test.each([
  ['nobody can confirm it', null, /--yes/],
  ['the answer is another', 'yes', /nothing was erased/],
])('if %s, the command says what it would erase, and erases nothing', async (_, answer, message) => {
  const { exitCode, out, err } = await runQcc(pipeline.env, ['erase', '--company', company, ...WHY], answer);
  expect([exitCode, err]).toEqual([1, expect.stringMatching(message)]);
  expect(out).toMatch(/^This permanently erases [1-9]\d* records and 0 dead letters in \w+, and the same data /);
  expect(await originalsWith('request 17')).toEqual([]);
});

test('a company goes from tables and originals; the ledger counts it, and the audit agrees', async () => {
  expect(await originalsWith(company)).not.toEqual([]);
  const [before] = await pipeline.query<{ n: number }>(
    `SELECT count() AS n FROM {{db}}.record_history FINAL WHERE corp_key_no = '${company}'`,
  );
  const { heads, bodies, ...erased } = await recorded('erase', '--company', company, ...BY);
  expect(erased).toMatchObject({ exitCode: 0, err: '' });
  expect(bodies).toContain(company);
  expect(heads).not.toContain(company);
  expect(await tablesWith(pipeline.database, company)).toEqual([]);
  expect(await originalsWith(company)).toEqual([]);
  await allComplete([0, 0]);
  const { exitCode, out, err } = await qcc('audit');
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toContain(`Compared ${2 * RECORDS} occurrences in 2 orders and revisions; erased ${before!.n}.`);
  expect(await toErase()).toEqual(new Set([['test', company, null, 'RECORD'].join()]));
});

test("a person's name goes from all texts, and the records stay", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'qcc-erase-test-'));
  const file = join(folder, 'name');
  await writeFile(file, `${person}\n`);
  const { exitCode, out, err, heads, bodies } = await recorded('erase', '--person-file', file, ...BY);
  await rm(folder, { recursive: true });
  expect([exitCode, err]).toEqual([0, '']);
  expect(bodies).toMatch(anyCharacterOf(person));
  expect(heads).not.toMatch(anyCharacterOf(person));
  expect(out).toMatch(/: [1-9]\d* records that name the person/);
  await nothingIsBack(pipeline.database);
  expect(await originalsWith(person)).toEqual([]);
  const [row] = await pipeline.query<{ n: number }>(
    `SELECT count() AS n FROM {{db}}.records WHERE change_content LIKE '%“※※”%'`,
  );
  expect(row!.n).toBeGreaterThan(0);
  const named = (await recordsWithName()).map(({ record: { account, corpKeyNo, id } }) =>
    [account, corpKeyNo, id, 'NAME'].join(),
  );
  expect(named.length).toBeGreaterThan(0);
  expect(await toErase()).toEqual(new Set([['test', company, null, 'RECORD'].join(), ...named]));
  expect(JSON.stringify(await announced())).not.toContain(person);
  await allComplete([0, 0]);
  expect(await qcc('audit')).toMatchObject({ exitCode: 0, err: '' });
});

test('who decided and why is on record, without the subject', async () => {
  await vi.waitFor(async () => {
    const rows = await pipeline.query('SELECT about, reason, decided_by FROM {{db}}.erasures ORDER BY at');
    const decision = { reason: 'request 17', decided_by: 'data protection officer' };
    expect(rows).toEqual([
      { about: 'COMPANY', ...decision },
      { about: 'PERSON', ...decision },
    ]);
  }, PATIENCE);
});

test('a sink with another key does not start, and says which key erasures were made with', {
  tags: 'whole',
}, async () => {
  const env = Object.entries({ ...pipeline.env, ERASURE_KEY: OTHER_KEY, ADMIN_PORT: '0' });
  await using sink = startService(
    'sink',
    Object.fromEntries(env.filter((each): each is [string, string] => !!each[1])),
  );
  const { code, said } = await sink.ended;
  expect(code).toBe(1);
  expect(said).toMatch(/sink cannot start: 2 erasures were made with ERASURE_KEY \w+, this is key \w+/);
});

test('a replay brings neither back, its order is complete, and subscribers are told of its records with the name', async () => {
  const before = await announced();
  expect((await qcc('replay', orderNos[1]!)).exitCode).toBe(0);
  await allComplete([0, 1]);
  await nothingIsBack(pipeline.database);
  expect(await qcc('audit')).toMatchObject({ exitCode: 0, err: '' });
  const replayed = (await recordsWithName()).filter(({ record }) => record.revision === 1);
  expect(replayed.length).toBeGreaterThan(0);
  const told = async () => new Set((await announced()).slice(before.length).map(({ id }) => id));
  await vi.waitFor(
    async () => expect(await told()).toEqual(new Set(replayed.map(({ record }) => record.id))),
    PATIENCE,
  );
});

test('the daily prune erases the data that a replay has kept again, and only once', { tags: 'whole' }, async () => {
  expect(await qcc('evidence', 'prune')).toMatchObject({ exitCode: 0, err: '' });
  for (const text of [company, person]) expect(await originalsWith(text)).toEqual([]);
  expect((await qcc('evidence', 'prune')).out).toContain('Erased again: 0 records in 0 archives, 0 detail responses.');
});

test('the kept original can be replayed without them', { tags: 'whole' }, async () => {
  pipeline.simulator.faults.set({ codes: { getDownloadUrl: '201' } });
  expect((await qcc('replay', orderNos[0]!)).exitCode).toBe(0);
  await allComplete([1, 1]);
  await nothingIsBack(pipeline.database);
  expect(await qcc('audit')).toMatchObject({ exitCode: 0, err: '' });
});

test('a rebuild brings neither back, and its ledger is complete', { tags: 'whole' }, async () => {
  const { exitCode, out, err } = await qcc('rebuild', '--database', rebuilt);
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toMatch(/[1-9]\d* erased\.$/);
  await nothingIsBack(rebuilt);
  for (const database of [pipeline.database, rebuilt]) await havePseudonyms(database);
  const ledger = (database: string) =>
    pipeline.query(`SELECT order_no, revision, declared, stored, status FROM ${database}.orders ORDER BY order_no`);
  expect(await ledger(rebuilt)).toEqual(await ledger(pipeline.database));
  const decisions = (database: string) => pipeline.query(`SELECT id, about FROM ${database}.erasures ORDER BY at`);
  expect(await decisions(rebuilt)).toEqual(await decisions(pipeline.database));
});

test('a rebuild fails if something is erased while it runs, and says what to do', { tags: 'whole' }, async () => {
  const folder = join(fileURLToPath(pipeline.env.EVIDENCE_URL!), 'erasures', pipeline.account);
  const file = join(folder, (await readdir(folder))[0]!);
  const erasure = JSON.parse(await readFile(file, 'utf8'));
  const err: string[] = [];
  const terminal = {
    env: pipeline.env,
    print: (line: string) => {
      if (line.includes('(revision ')) writeFileSync(file, JSON.stringify({ ...erasure, at: Date.now() }));
    },
    complain: (text: string) => void err.push(text),
    ask: null,
  };
  expect(await runCli(terminal, ['rebuild', '--database', rebuilt])).toBe(1);
  expect(err.join('')).toMatch(/something was erased while this ran.*run `npx qcc erase` for the same subject again/);
});

test('a rebuild names the records that a view cannot read, and goes on with the others', {
  tags: 'whole',
}, async () => {
  const run = (query: string) => pipeline.clickhouse.command({ query });
  const [{ position }] = (await pipeline.query(
    `SELECT min(position) AS position FROM ${rebuilt}.record_history WHERE order_no = '${orderNos[0]}'`,
  )) as [{ position: number }];
  await run(`CREATE TABLE ${rebuilt}.numbers (n UInt8) ENGINE = Null`);
  await run(`CREATE MATERIALIZED VIEW ${rebuilt}.numbers_feed TO ${rebuilt}.numbers AS
    SELECT toUInt8(if(order_no = '${orderNos[0]}' AND position = ${position}, 'many', '1')) AS n
    FROM ${rebuilt}.record_derivations`);
  const { exitCode, out, err } = await qcc('rebuild', '--database', rebuilt);
  await run(`DROP VIEW ${rebuilt}.numbers_feed SYNC`);
  expect(exitCode).toBe(1);
  expect(err).toContain(`cannot read the records at the positions ${position}\n`);
  expect(out).toMatch(/^2 orders from /m);
});

test('a rebuild with a new key of pseudonyms gives every record and company the new one', {
  tags: 'whole',
}, async () => {
  expect((await qcc('doctor')).out).toMatch(/^ok {4}pseudonym key: key \w+; every sink has the same$/m);
  const env = { ...pipeline.env, PSEUDONYM_KEY: OTHER_KEY };
  expect(await runQcc(env, ['rebuild', '--database', pipeline.database])).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/PSEUDONYM_KEY here is key \w+, and the sink on \S+ has key \w+: give the same/),
  });
  // Customers have copies of the facts about their companies.
  await pipeline.clickhouse.command({
    query: `INSERT INTO ${rebuilt}.portfolio_companies (account, corp_key_no, kind, value)
      SELECT account, corp_key_no, 'NAME', 'n' FROM ${rebuilt}.company_states FINAL`,
  });
  // No sink writes to this one.
  expect(await runQcc(env, ['rebuild', '--database', rebuilt])).toMatchObject({ exitCode: 0, err: '' });
  await havePseudonyms(rebuilt, OTHER_KEY);
  const known = new Set(
    (
      await pipeline.query<{ p: string }>(`SELECT DISTINCT owner_pseudonym AS p FROM ${rebuilt}.record_history FINAL`)
    ).map(({ p }) => p),
  );
  for (const table of ['company_states', 'portfolio_states']) {
    const facts = await pipeline.query<{ p: string }>(
      `SELECT substring(arrayJoin(mapKeys(facts_last)) AS fact, 11) AS p FROM ${rebuilt}.${table}
       WHERE startsWith(fact, 'PSEUDONYM:')`,
    );
    expect(facts.length).toBeGreaterThan(0);
    expect(facts.filter(({ p }) => !known.has(p))).toEqual([]);
  }
});

test('an original that cannot be read is named and stops no other; it can be deleted whole', {
  tags: 'whole',
}, async () => {
  const root = fileURLToPath(pipeline.env.EVIDENCE_URL!);
  const zips = (await readdir(root, { recursive: true })).filter((each) => each.endsWith('.zip')).sort();
  const spoilt = zips.filter((each) => each.includes(`/${orderNos[0]}/`));
  for (const each of spoilt) await writeFile(join(root, each), 'rotten');
  const again = ['erase', '--company', company, ...BY];
  const { exitCode, out, err } = await qcc(...again);
  expect([exitCode, out]).toEqual([1, expect.stringContaining('Erased (')]);
  expect(err).toContain(`order ${orderNos[0]}: `);
  expect(err).not.toContain(`order ${orderNos[1]}: `);
  expect(err).toContain('--delete-unreadable');
  expect(await qcc('evidence', 'prune')).toMatchObject({ exitCode: 1, err: expect.stringContaining('cannot be read') });
  const deleted = await qcc(...again, '--delete-unreadable');
  expect(deleted).toMatchObject({ exitCode: 0, err: '' });
  expect(deleted.out).toContain(`${spoilt.length} originals that cannot be read were deleted`);
  expect(await qcc(...again)).toMatchObject({ exitCode: 0, err: '' });
});
