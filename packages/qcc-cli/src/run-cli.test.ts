import { mkdtempDisposable, readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { fakeHost, startFakeCluster } from 'qcc-clickhouse/testing/fake-cluster';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { describe, expect, test } from 'vitest';
import { runCli } from './run-cli.ts';
import type { Terminal } from './terminal.ts';

const KEYS = { QCC_KEY: 'AppKey', QCC_SECRET_KEY: 'very-secret' };
const NOTHING_THERE = {
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  CLICKHOUSE_URL: 'http://127.0.0.1:1',
  QCC_BASE_URL: 'http://127.0.0.1:1',
};
const URL_OF_GATEWAY = 'https://gateway.example/qcc/callback';

async function run(args: string[], env: Terminal['env'], answer: string | null = null) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCli(
    {
      env,
      print: (line) => void out.push(line),
      complain: (text) => void err.push(text),
      ask: answer === null ? null : async () => answer,
    },
    args,
  );
  return { exitCode, out: out.join('\n'), err: err.join('') };
}

/** A server that answers every request with the same JSON, and remembers what was asked. */
async function serveJson(body: unknown) {
  const asked: URL[] = [];
  const server = await startLoopbackServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(new URL(request.url ?? '', 'http://qcc'));
    response.setHeader('content-type', 'application/json');
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return {
    server,
    asked,
    env: { ...KEYS, QCC_BASE_URL: server.url },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A ClickHouse that answers each query with these rows, and remembers the queries with their parameters. */
async function serveRows(rowsOf: (query: string) => object[]) {
  const asked: { query: string; params: URLSearchParams }[] = [];
  const server = await startLoopbackServer(async (request, response) => {
    const { searchParams: params } = new URL(request.url ?? '', 'http://clickhouse');
    const query = params.get('query') ?? (await text(request));
    asked.push({ query, params });
    response.end(
      rowsOf(query)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
  });
  return { asked, env: { CLICKHOUSE_URL: server.url }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe('orders list', () => {
  test("shows the document's example, times in Shanghai", async () => {
    await using qcc = await serveJson({
      status: '200',
      msg: '查询成功',
      ' resultList': [{ orderNo: 'DDMON2021031616145803273367', createDate: '2021-03-16 16:14:37' }],
    });
    const { exitCode, out } = await run(['orders', 'list'], qcc.env);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/DDMON2021031616145803273367.*2021-03-16 16:14:37/);
  });

  test('says what to do where QCC refuses, without a secret', async () => {
    await using qcc = await serveJson({ status: '107', msg: 'AppKey very-secret' });
    const { exitCode, err } = await run(['orders', 'list'], qcc.env);
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^qcc: .*QCC_107.*QCC_SECRET_KEY.*\n$/);
    expect(err).not.toMatch(/very-secret|AppKey/);
  });

  test('names every missing setting at once', async () => {
    const { exitCode, err } = await run(['orders', 'list'], {});
    expect(exitCode).toBe(1);
    expect(err).toMatch(/QCC_KEY is missing[\s\S]*QCC_SECRET_KEY is missing/);
  });
});

describe('no secret is on standard error, nor in what doctor says,', () => {
  const password = 'pa"ss/73519248';
  const secrets = { ...KEYS, CLICKHOUSE_PASSWORD: password, KAFKA_SASL_PASSWORD: 'sasl-canary', SEALING_KEY: '1:seal' };
  const masked = (text: string) => {
    expect(text).toContain('[redacted]');
    expect(text).not.toMatch(/very-secret|AppKey|pa\W+ss|73519248|canary|[0-9A-F]{32}/);
  };

  test.each([
    ['a page', (said: string) => `<html>${said}</html>`],
    ['a message', (said: string) => JSON.stringify({ status: 299, msg: said })],
  ])('where QCC echoes the request in %s', async (_, body) => {
    await using qcc = await startLoopbackServer((request, response) => {
      response.end(body(`${request.url} Token ${request.headers.token} very-secret ${password} sasl-canary`));
    });
    const { exitCode, err } = await run(['orders', 'list'], { ...secrets, QCC_BASE_URL: qcc.url });
    expect(exitCode).toBe(1);
    masked(err);
  });

  test('where ClickHouse echoes user and password', async () => {
    await using clickhouse = await startLoopbackServer((request, response) => {
      const login = Buffer.from(String(request.headers.authorization).replace('Basic ', ''), 'base64');
      response.writeHead(500).end(`Code: 516. Not allowed: ${login} ${JSON.stringify({ password })}`);
    });
    const env = { ...secrets, CLICKHOUSE_URL: clickhouse.url };
    const { exitCode, err } = await run(['ledger'], env);
    expect(exitCode).toBe(1);
    masked(err);
    masked((await run(['doctor'], { ...env, KAFKA_BROKERS: '127.0.0.1:1' })).out);
  });

  test('in a complaint about usage', async () => {
    const { exitCode, err } = await run(['orders', `--${secrets.QCC_SECRET_KEY}`, 'list'], secrets);
    expect(exitCode).toBe(2);
    masked(err);
  });
});

describe('callback activate', () => {
  test('calls activeCallbackUrl also where it cannot be recorded, and says so', async () => {
    await using qcc = await serveJson({ status: '200', msg: '激活成功', result: null });
    const away = { KAFKA_BROKERS: '127.0.0.1:1', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' };
    const { exitCode, err } = await run(['callback', 'activate'], { ...qcc.env, ...away });
    expect(qcc.asked.map(({ pathname }) => pathname)).toEqual(['/activeCallbackUrl']);
    expect([exitCode, err]).toEqual([1, expect.stringContaining('could not be recorded')]);
  });

  test('does nothing under QCC_READ_ONLY', async () => {
    await using qcc = await serveJson({ status: '200' });
    const { exitCode, err } = await run(['callback', 'activate'], { ...qcc.env, QCC_READ_ONLY: 'true' });
    expect([exitCode, qcc.asked]).toEqual([1, []]);
    expect(err).toContain('QCC_READ_ONLY');
  });
});

describe('push set', () => {
  const echo = { status: '200', msg: '查询成功', result: { callbackUrl: URL_OF_GATEWAY } };
  const set = ['push', 'set', '--callback-url', URL_OF_GATEWAY];

  test.each([
    [
      '9',
      {},
      'PUSH_WINDOWS is 9,11,13,15,17,19 here and has to be 9 from now on: set PUSH_WINDOWS=9 for every gateway',
    ],
    ['9', { PUSH_WINDOWS: '9' }, 'PUSH_WINDOWS is 9 here, as it has to be for every gateway.'],
    [null, { PUSH_WINDOWS: '9' }, 'PUSH_WINDOWS of the gateways may stay 9'],
  ])('says what PUSH_WINDOWS has to be: window %s, %o here', async (window, env, message) => {
    await using qcc = await serveJson(echo);
    const how = window === null ? ['--disable'] : ['--window', window];
    const { exitCode, out } = await run([...set, ...how, '--yes'], { ...qcc.env, ...env });
    expect([exitCode, out]).toEqual([0, expect.stringContaining(message)]);
  });

  test.each<[string, string[], string | null, Record<string, string>]>([
    ['after the URL was typed again', ['--window', '9'], URL_OF_GATEWAY, { enablePush: 'A', pushPeriodTime: '9' }],
    ['at once with --yes', ['--window', '19', '--yes'], null, { enablePush: 'A', pushPeriodTime: '19' }],
    ['to disable, without a window', ['--disable', '--yes'], null, { enablePush: 'I' }],
  ])('says what it will do and does it %s', async (_name, args, answer, expected) => {
    await using qcc = await serveJson(echo);
    const { exitCode, out, err } = await run([...set, ...args], qcc.env, answer);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toContain(URL_OF_GATEWAY);
    expect(qcc.asked.map(({ searchParams }) => Object.fromEntries(searchParams))).toEqual([
      { key: 'AppKey', callbackUrl: URL_OF_GATEWAY, ...expected },
    ]);
  });

  test.each<[string, string[], string | null, Record<string, string>, number, RegExp]>([
    ['where nobody can confirm', [...set, '--window', '9'], null, {}, 1, /--yes/],
    ['where another URL is typed', [...set, '--window', '9'], 'https://other.example/', {}, 1, /nothing was changed/],
    ['under QCC_READ_ONLY', [...set, '--window', '9', '--yes'], null, { QCC_READ_ONLY: 'true' }, 1, /QCC_READ_ONLY/],
    [
      'for a URL with a query',
      ['push', 'set', '--callback-url', `${URL_OF_GATEWAY}?a=b`, '--window', '9', '--yes'],
      null,
      {},
      2,
      /query/,
    ],
    [
      'for a URL with a bare question mark',
      ['push', 'set', '--callback-url', `${URL_OF_GATEWAY}?`, '--window', '9', '--yes'],
      null,
      {},
      2,
      /query/,
    ],
    [
      'for what is no web URL',
      ['push', 'set', '--callback-url', 'ftp://gateway.example', '--window', '9', '--yes'],
      null,
      {},
      2,
      /http/,
    ],
    ['for a window that does not exist', [...set, '--window', '10', '--yes'], null, {}, 2, /9, 11, 13/],
    ['without a window', [...set, '--yes'], null, {}, 2, /--window/],
    ['without a URL', ['push', 'set', '--window', '9', '--yes'], null, {}, 2, /--callback-url/],
  ])('asks nothing of QCC %s', async (_name, args, answer, env, expectedCode, message) => {
    await using qcc = await serveJson(echo);
    const { exitCode, err } = await run(args, { ...qcc.env, ...env }, answer);
    expect([exitCode, qcc.asked]).toEqual([expectedCode, []]);
    expect(err).toMatch(message);
  });

  test('fails where QCC echoes another URL', async () => {
    await using qcc = await serveJson({ status: '200', result: { callbackUrl: 'https://other.example/' } });
    const { exitCode, out } = await run([...set, '--window', '9', '--yes'], qcc.env);
    expect(exitCode).toBe(1);
    expect(out).not.toContain('Done');
  });
});

describe('ledger', () => {
  const row = {
    account: 'main',
    order_no: 'DDMON1',
    revision: 0,
    push_date: '2021-03-16 16:14:37.000',
    declared: 10,
    parsed: '10',
    rejected: '0',
    stored: '10',
    pending_details: '0',
    status: 'COMPLETE',
    reason: null,
    unconfirmed: false,
    missing_ranges: [],
    closed_at: null,
    closed_by: null,
    closed_reason: null,
  };
  const ledger = async (rows: object[], args: string[] = []) => {
    await using clickhouse = await serveJson(rows.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return await run(['ledger', ...args], { CLICKHOUSE_URL: clickhouse.server.url });
  };

  test('shows complete orders and is content', async () => {
    const { exitCode, out, err } = await ledger([row]);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toMatch(/DDMON1.*2021-03-16 16:14:37 .*COMPLETE/);
  });

  test('fails where an order is incomplete, and says which positions are missing', async () => {
    const { exitCode, out, err } = await ledger([
      row,
      {
        ...row,
        order_no: 'DDMON2',
        status: 'INCOMPLETE',
        reason: 'RECORDS_REJECTED',
        stored: '6',
        missing_ranges: [
          { first: 1, last: 3 },
          { first: 7, last: 7 },
        ],
      },
    ]);
    expect(exitCode).toBe(1);
    expect(out).toContain('4: 1–3, 7');
    expect(err).toContain('DDMON2 is INCOMPLETE (RECORDS_REJECTED)');
  });

  test('an order that a person closed is no failure, and who closed it and why stands below the table', async () => {
    const closed = { closed_at: '2026-11-24 09:00:00.000', closed_by: '张三', closed_reason: 'QCC 已删除' };
    const failed = { ...row, order_no: 'DDMON3', status: 'FAILED', reason: 'ARCHIVE_DAMAGED', ...closed };
    const { exitCode, out, err } = await ledger([row, failed]);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toMatch(/DDMON3.*FAILED, closed/);
    expect(out).toContain('DDMON3 is closed by 张三 on 2026-11-24 09:00:00: QCC 已删除');
  });

  test('shows an archive that declares no total as undeclared, and fails', async () => {
    const undeclared = { ...row, declared: null, status: 'INCOMPLETE', reason: 'UNDECLARED' };
    const { exitCode, out, err } = await ledger([undeclared]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/│ undeclared │ 10 +│/);
    expect(err).toContain('DDMON1 is INCOMPLETE (UNDECLARED)');
  });

  test('says what unconfirmed means where an order is, and fails until QCC confirms it', async () => {
    const unconfirmed = { ...row, unconfirmed: true, status: 'INCOMPLETE', reason: 'UNCONFIRMED' };
    const { exitCode, out, err } = await ledger([unconfirmed]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/│ INCOMPLETE, unconfirmed │/);
    expect(out).toContain("the archive came by a callback's link and may be forged");
    expect(err).toContain('DDMON1 is INCOMPLETE (UNCONFIRMED)');
  });

  test.each(['RECEIVED', 'EXTRACTING', 'STORING', 'DETAILS_PENDING'])(
    'an order that is %s is no failure',
    async (status) => {
      expect((await ledger([{ ...row, declared: null, push_date: null, status }])).exitCode).toBe(0);
    },
  );

  test('an empty ledger is no failure, an order that it does not have is one', async () => {
    expect((await ledger([])).exitCode).toBe(0);
    expect(await ledger([], ['DDMON9'])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('no order DDMON9'),
    });
  });

  test.each([[['ledger']], [['dead-letters', 'list']]])(
    '%j finds a mistyped --account, and names the accounts that the database has',
    async (args) => {
      await using clickhouse = await serveRows((query) =>
        query.includes('SELECT DISTINCT name') ? [{ name: 'north' }, { name: 'south' }] : [],
      );
      const asked = (account: string) => run([...args, '--account', account], clickhouse.env);
      expect(await asked('nroth')).toMatchObject({ exitCode: 1, err: expect.stringContaining('it has north, south') });
      expect(await asked('north')).toMatchObject({ exitCode: 0, err: '' });
    },
  );

  test('a ClickHouse that does not answer is one message that says where to look', async () => {
    const { exitCode, err } = await run(['ledger'], { CLICKHOUSE_URL: 'http://127.0.0.1:1' });
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^qcc: .*qcc doctor.*\n$/);
  });
});

describe('replay', () => {
  const ask = async (order: string, list: object[], link: object) => {
    await using clickhouse = await serveJson('');
    const asked: string[] = [];
    await using qcc = await startLoopbackServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://qcc');
      asked.push(pathname);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(pathname === '/listLatestOrderNo' ? { status: '200', resultList: list } : link));
    });
    const away = { KAFKA_BROKERS: '127.0.0.1:1', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' };
    const env = { ...KEYS, ...away, CLICKHOUSE_URL: clickhouse.server.url, QCC_BASE_URL: qcc.url };
    return { ...(await run(['replay', order], env)), asked };
  };
  const listed = { orderNo: 'DDMON1', createDate: '2021-03-16 16:14:37' };

  test.each([
    ['has nothing of', { status: '201', msg: '查询无结果' }],
    ['refuses to look for', { status: '202', msg: '查询参数错误' }],
  ])('of an order that QCC %s and the ledger does not know asks for --force, and replays nothing', async (_, link) => {
    const { exitCode, err, asked } = await ask('NOSUCH', [listed], link);
    expect([exitCode, asked]).toEqual([1, ['/listLatestOrderNo', '/getDownloadUrl']]);
    expect(err).toContain('neither the ledger nor QCC knows an order NOSUCH');
    expect(err).toContain('--force');
  });

  test('of an order that QCC lists, or still works on, goes on', async () => {
    const later = { status: '205', msg: '等待处理中' };
    for (const [order, calls] of [
      ['DDMON1', 1],
      ['DDMON0', 2],
    ] as const) {
      const { err, asked } = await ask(order, [listed], later);
      expect(asked).toHaveLength(calls);
      expect(err).toContain('schema registry');
    }
  });

  test('says why where QCC cannot be asked', async () => {
    const { exitCode, err } = await ask('DDMON0', [], { status: '102', msg: '当前 KEY 已欠费' });
    expect([exitCode, err]).toEqual([1, expect.stringContaining('QCC_102')]);
  });
});

describe('order close', () => {
  test.each<[string, object, string]>([
    ['does not know the order', { status: '201', msg: '查询无结果' }, 'The archive of order DD1 cannot be read'],
    ['responds with an unknown code', { status: '299', msg: '?' }, 'not proven lost (LINK_UNAVAILABLE: '],
    ['refuses the account', { status: '101', msg: '当前的 KEY 无效' }, 'not proven lost ('],
  ])('goes on for a COMPLETE order only if its archive is lost: QCC %s', async (_name, body, message) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'qcc-close-'));
    await openFolderStore(folder.path).make();
    const standing = { orderNo: 'DD1', revision: 0, status: 'COMPLETE', reason: null, listed: true, outcomeAt: 1 };
    await using clickhouse = await serveJson(`${JSON.stringify(standing)}\n`);
    await using qcc = await serveJson(body);
    const { exitCode, out, err } = await run(['order', 'close', 'DD1', '--who', '张三', '--why', '已核对'], {
      ...qcc.env,
      ...NOTHING_THERE,
      CLICKHOUSE_URL: clickhouse.server.url,
      EVIDENCE_URL: pathToFileURL(folder.path).href,
      SEALING_KEY: Buffer.alloc(32).toString('base64'),
      QCC_BASE_URL: qcc.server.url,
    });
    expect([exitCode, out + err]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe('what a person decides', () => {
  const by = ['--who', '张三', '--why', '已核对'];
  test.each([
    ['order close', ['order', 'close', 'DDMON1', '--who', ' ', '--why', 'x'], 1, '--who is blank'],
    ['a closure of nothing', ['order', 'close', ...by], 2, 'say which: an order, or --reason'],
    ['a closure of both', ['order', 'close', 'DD', '--reason', 'OVERDUE', ...by], 2, 'an order, or --reason'],
    ['a closure of an order before a day', ['order', 'close', 'DD', '--before', '2026-11-24', ...by], 2, '--before'],
    ['dead-letters discard', ['dead-letters', 'discard', '--id', 'a', '--who', 'x', '--why', ''], 1, '--why is blank'],
    ['erase', ['erase', '--company', 'k1', '--who', 'x', '--why', ' '], 1, '--why is blank'],
    ['an erasure of a blank company', ['erase', '--company', ' ', ...by], 2, 'It is blank'],
    ['a discard of nothing', ['dead-letters', 'discard', ...by], 2, '--id, or --order and --position'],
    ['a discard of an order alone', ['dead-letters', 'discard', '--order', 'DD', ...by], 2, '--order and --position'],
  ])('needs its texts: %s', async (_name, args, code, message) => {
    const { exitCode, err } = await run(args, {});
    expect([exitCode, err]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe('dead-letters', () => {
  test('replays nothing where it is not said which', async () => {
    const { exitCode, err } = await run(['dead-letters', 'replay', '--again'], {});
    expect([exitCode, err]).toEqual([1, expect.stringContaining('--order, --reason')]);
  });

  test.each([
    ['that serves one account', { ACCOUNT: 'north' }, 'north'],
    ['that names no account', {}, 'main'],
  ])('replays only dead letters of the account of an environment %s', async (_name, env, account) => {
    await using registry = await serveJson({ id: 1 });
    await using clickhouse = await serveRows(() => []);
    const args = ['dead-letters', 'replay', '--reason', 'ROW_REFUSED'];
    const { exitCode, out } = await run(args, { SCHEMA_REGISTRY_URL: registry.server.url, ...clickhouse.env, ...env });
    expect([exitCode, out]).toEqual([0, expect.stringContaining('No open dead letter matches')]);
    const selects = clickhouse.asked.filter(({ query }) => query.includes('dead_letters'));
    expect(selects.map(({ params }) => params.get('param_servedAccount'))).toEqual([account]);
  });

  test('replays nothing if an id is unknown, and names the ids that are settled', async () => {
    await using registry = await serveJson({ id: 1 });
    const settled = { id: 'dead-letters/0/1', isOpen: false };
    await using clickhouse = await serveRows((query) => (query.includes('NULL AS value') ? [settled] : []));
    const replay = (...ids: string[]) =>
      run(['dead-letters', 'replay', '--id', ...ids], { SCHEMA_REGISTRY_URL: registry.server.url, ...clickhouse.env });
    expect(await replay(settled.id, 'dead-letters/0/2')).toMatchObject({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(
        /no dead letter of account main has the id dead-letters\/0\/2; .*nothing was replayed/,
      ),
    });
    expect(await replay(settled.id)).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^Replayed or discarded before, so left as it is: dead-letters\/0\/1\nNo open/),
    });
  });
});

describe('details', () => {
  const details = async (rows: object[], args: string[], answer: string | null = null, env: Terminal['env'] = {}) => {
    await using clickhouse = await serveJson(rows.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return await run(['details', ...args], { CLICKHOUSE_URL: clickhouse.server.url, ...env }, answer);
  };
  const pending = [
    { type: '2', category: 1, changes: 30, calls: 20 },
    { type: '11', category: 3, changes: 1000, calls: 981 },
  ];

  test('estimate shows the calls by endpoint and level of risk, and the days they take', async () => {
    const { exitCode, out } = await details(pending, ['estimate']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/getExceptions\s*│ 1\s*│ 30\s*│ 20/);
    expect(out).toMatch(/getShiXinList\s*│ 3\s*│ 1000\s*│ 981/);
    expect(out).toMatch(/all\s*│\s*│ 1030\s*│ 1001/);
    expect(out).toContain('3 days at least, at most 500 calls a day');
  });

  test('where nothing waits, it says so', async () => {
    expect(await details([], ['estimate'])).toMatchObject({ exitCode: 0, out: 'No change waits for its details.' });
    expect(await details([], ['spend'])).toMatchObject({ exitCode: 0, out: 'No detail call was made in these days.' });
  });

  test.each([
    ['where nobody can be asked', null, /--yes/],
    ['where the answer is another', 'y', /nothing was changed/],
  ])('confirm shows what it would let through and changes nothing %s', async (_name, answer, message) => {
    const { exitCode, out, err } = await details(pending, ['confirm'], answer);
    expect(exitCode).toBe(1);
    expect(out).toContain('1001');
    expect(err).toMatch(message);
  });

  test.each([
    ['DETAIL_DAILY_BUDGET is 0', { DETAIL_DAILY_BUDGET: '0' }],
    ['QCC_READ_ONLY is true', { QCC_READ_ONLY: 'true' }],
  ])('no command announces calls while %s', async (why, env) => {
    const text = `no detail call is made while ${why}`;
    const none = expect.stringContaining(text);
    expect(await details(pending, ['confirm', '--yes'], null, env)).toMatchObject({ exitCode: 1, out: '', err: none });
    const { out } = await details(pending, ['estimate'], null, env);
    expect(out.toLowerCase()).toContain(text.toLowerCase());
    expect(out).not.toContain('at least,');
  });

  test('spend counts every code of every endpoint, with a sum per day', async () => {
    const { exitCode, out } = await details(
      [
        { day: '2026-11-25', endpoint: 'getExceptions', code: 'QCC_200', calls: 7 },
        { day: '2026-11-25', endpoint: 'getExceptions', code: 'QCC_205', calls: 3 },
        { day: '2026-11-24', endpoint: 'getShiXinList', code: 'TIMEOUT', calls: 1 },
      ],
      ['spend', '--days', '2'],
    );
    expect(exitCode).toBe(0);
    expect(out).toMatch(/2026-11-25\s*│ getExceptions\s*│ QCC_205\s*│ 3/);
    expect(out).toMatch(/2026-11-25\s*│ all\s*│\s*│ 10/);
    expect(out).toMatch(/2026-11-24\s*│ all\s*│\s*│ 1/);
  });
});

describe('alerts check', () => {
  const ALERT_RULES = 'targets: { team: { kind: wecom } }\nrules:\n  - { name: a, types: ["2"], to: [team] }\n';
  const url = 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=canary';

  test.each<[string, Record<string, string>, number, RegExp]>([
    ['are not set', {}, 0, /ALERT_SECRETS is not set here, so .* not checked/],
    [
      'fit the targets',
      { ALERT_SECRETS: JSON.stringify({ team: { url } }) },
      0,
      /^1 rules and 1 targets can be used\.$/,
    ],
    ['lack a target', { ALERT_SECRETS: JSON.stringify({ other: { url } }) }, 1, /no entry for the target team/],
  ])('looks at the secrets of the targets, if they %s', async (_name, env, code, message) => {
    const { exitCode, out, err } = await run(['alerts', 'check'], { ALERT_RULES, ...env });
    expect([exitCode, out + err]).toEqual([code, expect.stringMatching(message)]);
  });
});

describe('rebuild', () => {
  test('of days in the wrong order does nothing, and says so', async () => {
    const days = ['--from', '2026-03-18', '--to', '2026-03-16'];
    const { exitCode, err } = await run(['rebuild', '--database', 'x', ...days], {});
    expect([exitCode, err]).toEqual([1, expect.stringContaining('--from 2026-03-18 is after --to 2026-03-16')]);
  });

  test.each<[string, Record<string, string>, boolean, string]>([
    ['of an account without orders', { ACCOUNT: 'nroth' }, true, 'no order of account nroth to rebuild'],
    ['under MIGRATIONS=check', { MIGRATIONS: 'check' }, false, 'run this command with MIGRATIONS=apply'],
  ])('%s fails with the remedy', async (_name, env, isMigrated, message) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'qcc-rebuild-'));
    await openFolderStore(folder.path).make();
    await using clickhouse = await serveRows((query) => {
      if (query.includes('schema_migrations')) return isMigrated ? readMigrations() : [];
      return query.includes('AS now') ? [{ now: '2026-03-16 12:00:00.000' }] : [];
    });
    const { exitCode, err } = await run(['rebuild', '--database', 'new'], {
      ...clickhouse.env,
      EVIDENCE_URL: pathToFileURL(folder.path).href,
      SEALING_KEY: Buffer.alloc(32).toString('base64'),
      ...env,
    });
    expect([exitCode, err]).toEqual([1, expect.stringContaining(message)]);
  });
});

test.each([
  ['details open', 'qcc: no Kafka broker answers at 127.0.0.1:1: start it, or set KAFKA_BROKERS\n'],
  [
    'callback activate',
    /could not be recorded.*: no Kafka broker answers at 127\.0\.0\.1:1: start it, or set KAFKA_BROKERS/,
  ],
])('`%s` explains why the brokers do not serve it, and names the setting', async (command, message) => {
  await using registry = await serveJson({ id: 1 });
  await using qcc = await serveJson({ status: '200' });
  const env = { ...NOTHING_THERE, ...qcc.env, SCHEMA_REGISTRY_URL: registry.server.url };
  const { exitCode, err } = await run(command.split(' '), env);
  expect([exitCode, err]).toEqual([1, expect.stringMatching(message)]);
});

describe('offsets', () => {
  test.each(['--who', '--why'])('sets nothing if %s is blank', async (option) => {
    const texts = { '--who': 'me', '--why': 'it', [option]: ' ' };
    const place = ['--service', 'detail-enricher', '--partition', '0', '--to', 'end'];
    const { exitCode, err } = await run(['offsets', 'set', ...place, ...Object.entries(texts).flat()], {});
    expect([exitCode, err]).toEqual([1, expect.stringContaining(`${option} is blank`)]);
  });
});

describe('settings', () => {
  test('shows what is set here, and of secrets only that they are', async () => {
    const { exitCode, out } = await run(['settings'], {
      ...KEYS,
      GATEWAY_PORT: '9999',
      SEALING_KEY_FILE: '/run/secrets/sealing',
    });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/GATEWAY_PORT\s*│ 9999/);
    expect(out).toMatch(/QCC_SECRET_KEY\s*│ \(set\)/);
    expect(out).toMatch(/SEALING_KEY\s*│ \(from \/run\/secrets\/sealing\)/);
    expect(out).not.toContain('very-secret');
  });

  test('hides the password in a URL', async () => {
    const { out } = await run(['settings'], {
      QCC_PROXY_URL: 'http://proxy-user:proxy-canary@proxy.example:3128',
      EVIDENCE_S3_ENDPOINT: 'https://s3-user:s3-canary@s3.example',
    });
    expect(out).toContain('proxy.example:3128');
    expect(out).not.toContain('canary');
  });
});

describe('doctor', () => {
  test('goes through every check, and says each setting that is not usable once, where nothing is there', async () => {
    await using qcc = await serveJson({ status: '201', msg: '查询无结果' });
    const { exitCode, out, err } = await run(['doctor'], {
      ...NOTHING_THERE,
      ...qcc.env,
      EVIDENCE_URL: 'file:///dev/null/evidence',
      TRUSTED_PROXIES: '10/8',
    });
    expect(exitCode).toBe(1);
    expect(out.split('\n').map((line) => line.split(/:| (?:is missing|must be)/)[0])).toEqual([
      'FAIL  settings',
      '        - SEALING_KEY',
      '        - TRUSTED_PROXIES',
      'FAIL  Kafka',
      'FAIL  schema registry',
      'FAIL  ClickHouse',
      'FAIL  evidence',
      'FAIL  sealing keys',
      'FAIL  erasure key',
      'FAIL  pseudonym key',
      'ok    QCC',
    ]);
    expect(out).toMatch(
      /SEALING_KEY is missing[\s\S]*TRUSTED_PROXIES must be[\s\S]*KAFKA_BROKERS[\s\S]*SCHEMA_REGISTRY_URL[\s\S]*CLICKHOUSE_URL[\s\S]*EVIDENCE_URL/,
    );
    expect(err).toBe(
      'qcc: not well: settings, Kafka, schema registry, ClickHouse, evidence, sealing keys, erasure key, pseudonym key; see above what to do\n',
    );
  });

  test.each([
    ['settings', { ...KEYS, SEALING_KEY: Buffer.alloc(32).toString('base64') }],
    ['Kafka', { ...KEYS, SEALING_KEY: '' }],
  ])('names the missing part of a login of Kafka once, under %s', async (check, env) => {
    const half = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'bob' };
    const { out } = await run(['doctor'], { ...NOTHING_THERE, ...half, ...env });
    expect(out).toMatch(new RegExp(`^FAIL  ${check}: .*\\n {8}- KAFKA_SASL_PASSWORD missing: `, 'm'));
    expect(out.match(/KAFKA_SASL_PASSWORD missing/g)).toHaveLength(1);
  });

  test('finds no evidence store at a mistyped EVIDENCE_URL, and does not create the folder', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'qcc-doctor-'));
    await openFolderStore(join(folder.path, 'evidence')).make();
    const before = await readdir(folder.path, { recursive: true });
    const mistyped = join(folder.path, 'evidense');
    const { exitCode, out } = await run(['doctor'], { ...NOTHING_THERE, EVIDENCE_URL: pathToFileURL(mistyped).href });
    expect([exitCode, out]).toEqual([
      1,
      expect.stringContaining(
        `FAIL  evidence: there is no evidence store in ${mistyped}: mount its volume or correct EVIDENCE_URL`,
      ),
    ]);
    expect(await readdir(folder.path, { recursive: true })).toEqual(before);
  });

  test('names the ClickHouse servers that do not answer, of several', async () => {
    const hosts = [fakeHost({ host: 'one', isLocal: 1 })];
    await using clickhouse = await startFakeCluster({ hosts, applied: readMigrations() });
    const { out } = await run(['doctor'], {
      ...NOTHING_THERE,
      CLICKHOUSE_URL: `http://127.0.0.1:1,${clickhouse.url}`,
    });
    expect(out).toMatch(
      /ok {4}ClickHouse: database qcc at 127\.0\.0\.1:1, 127\.0\.0\.1:\d+ is up to date; but ClickHouse at http:\/\/127\.0\.0\.1:1 does not answer/,
    );
  });

  test.each([
    ['main', /FAIL {2}ClickHouse: .*cluster main .*has 2 shards.*with one shard/],
    ['other', /FAIL {2}ClickHouse: .*cluster other .*is unknown.*remote_servers/],
  ])('says what is wrong with the ClickHouse cluster %s', async (cluster, line) => {
    await using clickhouse = await startFakeCluster({
      hosts: [fakeHost({ host: 'one', isLocal: 1 }), fakeHost({ host: 'two', shard: 2 })],
    });
    const { out } = await run(['doctor'], {
      ...NOTHING_THERE,
      CLICKHOUSE_URL: clickhouse.url,
      CLICKHOUSE_CLUSTER: cluster,
    });
    expect(out).toMatch(line);
  });
});

describe('usage', () => {
  test.each([
    [['certificate']],
    [['certificate', '--day', '2026-02-30']],
    [['coverage', 'close', '--day', '2026-03-16']],
    [['orders']],
    [['nonsense']],
    [['evidence']],
    [['rebuild']],
    [['rebuild', '--database', 'x', '--from', 'May']],
    [['orders', 'list', '--nonsense']],
    [['ledger', '--last', 'all']],
    [['dead-letters', 'list', '--reason', 'NONSENSE']],
    [['dead-letters', 'discard', '--order', 'DD1', '--position', '1', '--who', 'me']],
    [['details', 'spend', '--days', '0']],
    [['alerts', 'test', 'rule', '--days', '0']],
    [['offsets', 'set', '--service', 'sink', '--partition', '0', '--to', 'end', '--who', 'me', '--why', 'it']],
    [
      [
        'offsets',
        'set',
        '--service',
        'detail-enricher',
        '--partition',
        '0',
        '--to',
        '-1',
        '--who',
        'me',
        '--why',
        'it',
      ],
    ],
    [['offsets', 'set', '--service', 'detail-enricher', '--partition', '0', '--to', 'end']],
    [[]],
  ])('%j is wrong usage', async (args) => {
    const { exitCode, err } = await run(args, KEYS);
    expect(exitCode).toBe(2);
    expect(err).not.toBe('');
  });

  test('help is no failure and names the commands', async () => {
    const { exitCode, out } = await run(['--help'], {});
    expect(exitCode).toBe(0);
    const names = [
      'orders',
      'callback',
      'push',
      'details',
      'ledger',
      'audit',
      'dead-letters',
      'coverage',
      'certificate',
      'evidence',
      'offsets',
      'rebuild',
    ];
    for (const name of [...names, 'settings', 'doctor']) expect(out).toContain(name);
  });
});
