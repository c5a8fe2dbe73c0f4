import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runCli } from 'qcc-cli/run-cli';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';

/**
 * What was kept while orders went through the real services: enough to prove a record, to replay what QCC has lost, and to
 * make ClickHouse anew. Two orders, the second with ids that came before and with records that are rejected and discarded;
 * then the first once more as a replay.
 */
const RECORDS = 120;

let pipeline: Pipeline;
let folder: string;
const orderNos: string[] = [];

const qcc = (...args: string[]) => qccWith({}, ...args);

async function qccWith(env: Record<string, string>, ...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    env: { ...pipeline.env, ...env },
    print: (line: string) => void out.push(line),
    complain: (text: string) => void err.push(text),
    ask: null,
  };
  const exitCode = await runCli(terminal, args);
  return { exitCode, out: out.join('\n'), err: err.join('') };
}

async function allComplete(expected: Record<string, number>): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await pipeline.query<{ order_no: string; revision: number; status: string }>(
      'SELECT order_no, revision, status FROM {{db}}.orders ORDER BY order_no',
    );
    const states = Object.entries(expected).map(([order_no, revision]) => ({
      order_no,
      revision,
      status: 'COMPLETE',
    }));
    expect(rows).toEqual(states.sort((a, b) => (a.order_no < b.order_no ? -1 : 1)));
  }, PATIENCE);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-evidence-test-'));
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'evidence', faults: { processingShare: 0.2, processingAsks: 1 } },
    env: { DETAIL_WAIT_MS: '300', DETAIL_RATE_PER_SECOND: '1000', MIGRATIONS: 'apply' },
  });
  const plan = [
    { pushDate: '2026-03-16 09:10:00', types: ['1', '2', '10', '11'] },
    { pushDate: '2026-03-17 09:10:00', repeat: 20, repeatWithin: 2, broken: 2 },
  ];
  for (const request of plan) {
    orderNos.push((await pipeline.simulator.createOrder({ records: RECORDS, ...request })).orderNo);
  }
  const rejected = await vi.waitFor(async () => {
    const [order] = await pipeline.query<{ reason: string; missing: number[] }>(
      `SELECT reason, missing FROM {{db}}.orders WHERE order_no = '${orderNos[1]}'`,
    );
    expect(order?.reason).toBe('RECORDS_REJECTED');
    return order!.missing.join(',');
  }, PATIENCE);
  const why = ['--who', '张三', '--why', 'QCC 确认为空记录'];
  await qcc('dead-letters', 'discard', '--order', orderNos[1]!, '--position', rejected, ...why);
  await allComplete({ [orderNos[0]!]: 0, [orderNos[1]!]: 0 });
});
afterAll(async () => {
  await pipeline?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Everything of a table or view but where its rows came from and when. */
const rowsOf = (database: string, from: string, orderBy: string) =>
  pipeline.query(
    `SELECT * EXCEPT (source_topic, source_partition, source_offset, source_time, source_day, ingested_at, ingested_day)
     FROM ${database}.${from} ORDER BY ${orderBy}`,
  );
const ledgerOf = (database: string) =>
  pipeline.query(
    `SELECT account, order_no, revision, source, unconfirmed, push_date, archive_sha256, declared, parsed,
       rejected, stored, pending_details, status, missing FROM ${database}.orders ORDER BY order_no`,
  );

describe('a replay', () => {
  test('of an order that QCC no longer has reads the kept original', async () => {
    const [orderNo] = orderNos;
    pipeline.simulator.faults.set({ codes: { getDownloadUrl: '201' } });
    expect((await qcc('replay', orderNo!)).exitCode).toBe(0);
    await allComplete({ [orderNo!]: 1, [orderNos[1]!]: 0 });
  });
});

describe('qcc evidence', () => {
  test('writes a bundle whose hashes fit, with the record as QCC sent it and the responses it gave', async () => {
    const [row] = await pipeline.query<{ id: string; order_no: string; position: number }>(
      `SELECT id, order_no, position FROM {{db}}.records WHERE detail_status = 'ENRICHED' AND type = '11' LIMIT 1`,
    );
    const output = join(folder, 'bundle');
    const { exitCode, err } = await qcc('evidence', row!.id, '--output', output, '--with-password');
    expect([exitCode, err]).toEqual([0, '']);
    await promisify(execFile)('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: output });

    const manifest = JSON.parse(await readFile(join(output, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ recordId: row!.id, account: pipeline.account, missing: [] });
    const { record, answers, archive } = manifest.occurrences.find(
      (occurrence: { orderNo: string }) => occurrence.orderNo === row!.order_no,
    );
    const sent = [...pipeline.simulator.truth(row!.order_no).occurrences].find(
      ({ position }) => position === row!.position,
    );
    expect(JSON.parse(await readFile(join(output, record), 'utf8'))).toEqual(sent?.element);
    const answer = JSON.parse(await readFile(join(output, answers.at(-1)), 'utf8'));
    expect(JSON.parse(answer.body)).toMatchObject({ status: expect.anything() });
    expect(await readFile(join(output, archive.replace('.zip', '.password.txt')), 'utf8')).toMatch(/\S/);
    expect(await readFile(join(output, 'README.txt'), 'utf8')).toContain(row!.id);
  });

  test('without being asked to it writes no password', async () => {
    const [row] = await pipeline.query<{ id: string }>('SELECT id FROM {{db}}.records LIMIT 1');
    const output = join(folder, 'sealed');
    expect((await qcc('evidence', row!.id, '--output', output)).exitCode).toBe(0);
    expect(await readFile(join(output, 'SHA256SUMS'), 'utf8')).not.toContain('password');
  });

  test('writes nothing over a folder in use, and says when there is no such record', async () => {
    const [row] = await pipeline.query<{ id: string }>('SELECT id FROM {{db}}.records LIMIT 1');
    expect(await qcc('evidence', row!.id, '--output', join(folder, 'sealed'))).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('not empty'),
    });
    expect(await qcc('evidence', 'nobody')).toMatchObject({ exitCode: 1, err: expect.stringContaining('no record') });
  });
});

describe('after the sealing key was rotated', () => {
  const newKey = `new:${Buffer.alloc(32, 9).toString('base64')}`;
  const rotated = () => ({ SEALING_KEY: `${newKey},1:${pipeline.env.SEALING_KEY}` });
  const keysLine = (out: string) => out.split('\n').find((line) => line.includes('sealing keys:'));

  test('passwords of kept archives open still', async () => {
    const [row] = await pipeline.query<{ id: string }>('SELECT id FROM {{db}}.records LIMIT 1');
    const output = join(folder, 'rotated');
    const { exitCode } = await qccWith(rotated(), 'evidence', row!.id, '--output', output, '--with-password');
    expect(exitCode).toBe(0);
    expect(await readFile(join(output, 'SHA256SUMS'), 'utf8')).toContain('password');
  });

  test('doctor finds both keys well, and names the old one where it is lost', async () => {
    expect(keysLine((await qccWith(rotated(), 'doctor')).out)).toMatch(/^ok .*opened, with key "1" \(\d+\); .*: 1$/);
    const { exitCode, out } = await qccWith({ SEALING_KEY: newKey }, 'doctor');
    expect(exitCode).toBe(1);
    expect(keysLine(out)).toMatch(
      /^FAIL .*key "1" is not in SEALING_KEY, and \d+ texts on the topic orders and \d+ of the checked/,
    );
  });
});

describe('qcc rebuild', () => {
  const database = `rebuilt_${randomUUID().slice(0, 8)}`;
  afterAll(
    async () => void (await pipeline?.clickhouse.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` })),
  );

  const expectRebuilt = async () => {
    expect(await qcc('rebuild', '--database', database)).toMatchObject({ exitCode: 0, err: '' });
    const records = await rowsOf(pipeline.database, 'records', 'id');
    expect(records.length).toBeGreaterThan(RECORDS);
    expect(await rowsOf(database, 'records', 'id')).toEqual(records);
    const key = 'order_no, revision, position';
    expect(await rowsOf(database, 'record_history FINAL', key)).toEqual(
      await rowsOf(pipeline.database, 'record_history FINAL', key),
    );
    expect(await ledgerOf(database)).toEqual(await ledgerOf(pipeline.database));
    const cases = await rowsOf(pipeline.database, 'debtor_case_companies', 'case_id, corp_key_no');
    expect(cases.length).toBeGreaterThan(0);
    expect(await rowsOf(database, 'debtor_case_companies', 'case_id, corp_key_no')).toEqual(cases);
    const discards = await rowsOf(pipeline.database, 'order_discards FINAL', key);
    expect(discards).toHaveLength(2);
    expect(await rowsOf(database, 'order_discards FINAL', key)).toEqual(discards);
    expect(await rowsOf(database, 'dead_letters_open', 'id')).toEqual([]);
  };
  test('rebuilds the records, the history and the ledger exactly as they were', expectRebuilt);
  test('changes nothing when it runs a second time', { tags: 'whole' }, expectRebuilt);

  test('copies the newest report of a case to its other companies', { tags: 'whole' }, async () => {
    const [one] = await pipeline.query<{ case_id: string; corp_key_no: string }>(
      `SELECT case_id, corp_key_no FROM ${database}.debtor_case_reports ORDER BY case_id LIMIT 1`,
    );
    const where = `case_id = '${one!.case_id}' AND corp_key_no = '${one!.corp_key_no}'`;
    await pipeline.clickhouse.command({
      query: `INSERT INTO ${database}.debtor_case_reports
        SELECT * REPLACE ('other' AS corp_key_no, version + 1 AS version)
        FROM (SELECT * FROM ${database}.debtor_case_reports WHERE ${where} LIMIT 1)`,
    });
    expect((await qcc('rebuild', '--database', database)).exitCode).toBe(0);
    expect(
      await pipeline.query(
        `SELECT reported_by FROM ${database}.debtor_case_states FINAL WHERE ${where} AND reported_by != corp_key_no`,
      ),
    ).toEqual([{ reported_by: 'other' }]);
  });

  test('into the database in use it changes no record', { tags: 'whole' }, async () => {
    const before = await rowsOf(pipeline.database, 'records', 'id');
    expect((await qcc('rebuild', '--database', pipeline.database)).exitCode).toBe(0);
    expect(await rowsOf(pipeline.database, 'records', 'id')).toEqual(before);
    expect((await ledgerOf(pipeline.database)).length).toBe(orderNos.length);
  });

  test('counts a row that the table refuses as rejected, with its dead letter', { tags: 'whole' }, async () => {
    const other = `${database}_refusing`;
    await qcc('rebuild', '--database', other, '--from', '2030-01-01');
    await pipeline.clickhouse.command({
      query: `ALTER TABLE ${other}.record_history ADD CONSTRAINT narrow CHECK NOT (order_no = '${orderNos[0]}' AND position = 7)`,
    });
    const { exitCode, err } = await qcc('rebuild', '--database', other);
    expect([exitCode, err]).toEqual([1, expect.stringContaining(`refuses 1 rows of order ${orderNos[0]}`)]);
    expect(
      await pipeline.query(`SELECT order_no, status, reason, missing FROM ${other}.orders ORDER BY order_no`),
    ).toEqual([
      { order_no: orderNos[0], status: 'INCOMPLETE', reason: 'RECORDS_REJECTED', missing: [7] },
      { order_no: orderNos[1], status: 'COMPLETE', reason: null, missing: [] },
    ]);
    const deadLetters = `SELECT reason, revision, position FROM ${other}.dead_letters_open ORDER BY revision`;
    expect(await pipeline.query(deadLetters)).toEqual(
      [0, 1].map((revision) => ({ reason: 'ROW_REFUSED', revision, position: 7 })),
    );
    await pipeline.clickhouse.command({ query: `DROP DATABASE ${other} SYNC` });
  });

  test('leaves the details pending whose kept response is damaged or odd, and says which', {
    tags: 'whole',
  }, async () => {
    const store = openFolderStore(fileURLToPath(pipeline.env.EVIDENCE_URL ?? ''));
    const spoil = async (type: string, change: (answer: { body: string; sentAt: number }) => object) => {
      const [row] = await pipeline.query<{ order_no: string; position: number; prefix: string }>(
        `SELECT order_no, position, concat(corp_key_no, '/', endpoint, '-', check_id, '-') AS prefix FROM {{db}}.record_history
         WHERE type = '${type}' AND detail_status = 'ENRICHED' AND revision = 0
         ORDER BY order_no, position LIMIT 1`.replace(
          'endpoint',
          `'${type === '2' ? 'getExceptions' : 'getSeriousViolation'}'`,
        ),
      );
      const { order_no, position, prefix } = row!;
      const [object] = await Array.fromAsync(store.list(`answers/${pipeline.account}/${prefix}`));
      const before = await buffer((await store.get(object!.key))!);
      await store.put(object!.key, Buffer.from(JSON.stringify(change(JSON.parse(before.toString())))));
      return { key: object!.key, before, order_no, position };
    };
    const spoilt = [
      await spoil('2', (answer) => ({ ...answer, body: `${answer.body} ` })),
      await spoil('10', (answer) => ({ ...answer, sentAt: 2 ** 50 })),
    ];

    const other = `${database}_spoilt`;
    const { exitCode, err } = await qcc('rebuild', '--database', other);
    expect(exitCode).toBe(1);
    for (const { key } of spoilt) expect(err).toContain(key);
    const first = `SELECT order_no, position, detail_status FROM DB.record_history FINAL WHERE revision = 0 ORDER BY order_no, position`;
    const expected = await pipeline.query<{ order_no: string; position: number; detail_status: string }>(
      first.replace('DB', pipeline.database),
    );
    const isSpoilt = (row: { order_no: string; position: number }) =>
      spoilt.some(({ order_no, position }) => row.order_no === order_no && row.position === position);
    expect(await pipeline.query(first.replace('DB', other))).toEqual(
      expected.map((row) => (isSpoilt(row) ? { ...row, detail_status: 'PENDING' } : row)),
    );
    for (const { key, before } of spoilt) await store.put(key, before);
    await pipeline.clickhouse.command({ query: `DROP DATABASE ${other} SYNC` });
  });

  test('takes the orders of the days asked for', { tags: 'whole' }, async () => {
    const { out } = await qcc('rebuild', '--database', database, '--from', '2026-03-17', '--to', '2026-03-17');
    expect(out).toContain(orderNos[1]);
    expect(out).not.toContain(orderNos[0]);
  });
});

describe('qcc evidence prune', () => {
  test('deletes what is older than the retention, after which a rebuild says what it lacks', {
    tags: 'whole',
  }, async () => {
    const root = fileURLToPath(pipeline.env.EVIDENCE_URL ?? '');
    const store = openFolderStore(root);
    const objects = await Array.fromAsync(store.list('archives/'));
    const old = objects.filter(({ key }) => key.includes(orderNos[0]!));
    expect(old.length).toBeGreaterThan(0);
    for (const { key } of old) await utimes(join(root, key), 0, 0);
    expect((await qcc('evidence', 'prune', '--dry-run')).out).toContain(`${old.length} objects`);
    expect(await Array.fromAsync(store.list('archives/'))).toHaveLength(objects.length);
    expect((await qcc('evidence', 'prune')).out).toContain(`${old.length} objects`);
    const left = await Array.fromAsync(store.list('archives/'));
    expect(left).toHaveLength(objects.length - old.length);

    const notes = `archives/${pipeline.account}/DDMON0/extraction-0-0.json`;
    await store.put(notes, Buffer.from('no JSON'));
    const [zip] = left.filter(({ key }) => key.endsWith('.zip'));
    await store.put(zip!.key, Buffer.from('altered'));
    const { exitCode, err } = await qcc('rebuild', '--database', pipeline.database);
    expect([exitCode, err]).toEqual([1, expect.stringContaining(`order ${orderNos[1]}: ${zip!.key}`)]);
    expect(err).toContain(notes);
  });
});
