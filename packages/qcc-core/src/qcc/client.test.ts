import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startLoopbackServer } from '../testing/loopback-server.ts';
import { createQccClient, type QccClient, type QccClientOptions } from './client.ts';
import type { DetailCall, DetailInput } from './endpoints/endpoint.ts';
import { optionalText, pageOf, requiredText } from './endpoints/fields.ts';
import { DOCUMENT_EXAMPLES } from './fixtures/document-examples.ts';
import { createKeptClient } from './kept-client.ts';
import type { QccOutcome } from './outcome.ts';
import type { RawResponse } from './raw-response.ts';

const NOW = 1_615_884_598_123;
const KEY = 'AppKey-canary';
const SECRET_KEY = 'SecretKey-canary';
const check = { corpKeyNo: '20fca223f172c505e32b6954d0642079', checkId: '47AA266A29ADD663D7081547F05F810A' };
/** Two detail endpoints like those of qcc-details: one returns its whole list, the other returns pages. */
const wholeList: DetailCall<{ addReason: string | null }> = {
  name: 'getWholeList',
  query: ({ corpKeyNo, checkId }) => ({ corpKeyNo, checkId }),
  result: () => pageOf(z.object({ addReason: optionalText })),
};
const pagedList: DetailCall<{ id: string }> = {
  name: 'getPagedList',
  query: ({ pageIndex, ...input }: DetailInput & { pageIndex: number }) => ({ ...input, pageIndex: String(pageIndex) }),
  result: () => pageOf(z.object({ id: requiredText })),
  idOf: ({ id }) => id,
};

type Request = { path: string; query: Record<string, string>; token: string | undefined; timespan: string | undefined };

/** A client of a server with this `listener`; what was asked stands in `requests`, what was reported in `calls`. */
async function connect(listener: RequestListener, options: Partial<QccClientOptions> = {}) {
  const server = await startLoopbackServer(listener);
  const calls: string[] = [];
  const client = createQccClient({
    baseUrl: `${server.url}/api/dd_corp_monitor`,
    key: KEY,
    secretKey: SECRET_KEY,
    timeoutMs: 5_000,
    now: () => NOW,
    onCall: ({ endpoint, reason }) => calls.push(`${endpoint} ${reason}`),
    ...options,
  });
  return {
    client,
    calls,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Answers each request with the next of `bodies`, the last one for ever. */
async function connectTo(bodies: readonly string[], options: Partial<QccClientOptions> = {}) {
  const requests: Request[] = [];
  const app = new Hono().get('*', (c) => {
    requests.push({
      path: c.req.path,
      query: c.req.query(),
      token: c.req.header('Token'),
      timespan: c.req.header('Timespan'),
    });
    return c.body(bodies[Math.min(requests.length, bodies.length) - 1]!, 200, { 'content-type': 'application/json' });
  });
  return Object.assign(await connect(getRequestListener(app.fetch), options), { requests });
}

const success = (value: unknown) => ({ kind: 'success', value, fetchedAt: NOW });
const edit = (body: string, from: string | RegExp, to: string) => {
  const edited = body.replace(from, to);
  expect(edited).not.toBe(body);
  return edited;
};

type Case = {
  name: string;
  body: string;
  call: (client: QccClient) => Promise<QccOutcome<unknown>>;
  path: string;
  query: Record<string, string>;
  value: unknown;
};

const LINK =
  'http://pro-files.qichacha.com/DdMonitor/20210316d6261a448f114f90bedd1f2e52413ff0.zip?Expires=1615884598&OSSAccessKeyId=LTAIvmt6mWz2ZQqu&Signature=D0lw17m2HGfWuSgB%2BSECs%2F4ubXU%3D';
const EXAMPLES: Case[] = [
  {
    name: 'setApiPushSetting',
    body: DOCUMENT_EXAMPLES.setApiPushSetting,
    call: (client) =>
      client.setApiPushSetting({
        enablePush: 'A',
        callbackUrl: 'http://test.domain.com/pro/radar/callback',
        pushPeriodTime: 9,
      }),
    path: 'setApiPushSetting',
    query: { enablePush: 'A', callbackUrl: 'http://test.domain.com/pro/radar/callback', pushPeriodTime: '9' },
    value: null,
  },
  {
    name: 'activeCallbackUrl',
    body: DOCUMENT_EXAMPLES.activeCallbackUrl,
    call: (client) => client.activeCallbackUrl(),
    path: 'activeCallbackUrl',
    query: {},
    value: null,
  },
  {
    name: 'listLatestOrderNo, its list under a name with a leading blank',
    body: DOCUMENT_EXAMPLES.listLatestOrderNo,
    call: (client) => client.listLatestOrderNo(),
    path: 'listLatestOrderNo',
    query: {},
    value: {
      orders: [
        { orderNo: 'DDMON2021031616145803273367', createDate: Date.UTC(2021, 2, 16, 8, 14, 37) },
        { orderNo: 'DDMON2021031516145803273367', createDate: Date.UTC(2021, 2, 15, 8, 14, 37) },
        { orderNo: 'DDMON2021031416145803273367', createDate: Date.UTC(2021, 2, 14, 8, 14, 37) },
      ],
      unnamed: [],
      unread: 0,
    },
  },
  {
    name: 'getDownloadUrl, the link kept as it is encoded',
    body: DOCUMENT_EXAMPLES.getDownloadUrl,
    call: (client) => client.getDownloadUrl({ orderNo: 'DDMON2021031616145803273367' }),
    path: 'getDownloadUrl',
    query: { orderNo: 'DDMON2021031616145803273367' },
    value: {
      orderNo: 'DDMON2021031616145803273367',
      downloadUrl: LINK,
      unzipPassword: 'dSmskQOatpyQg7UkU6fi',
    },
  },
];

test.each(EXAMPLES)("the document's example of $name", async ({ body, call, path, query, value }) => {
  await using qcc = await connectTo([body]);
  expect(await call(qcc.client)).toEqual(success(value));
  expect(qcc.requests).toEqual([
    {
      path: `/api/dd_corp_monitor/${path}`,
      query: { key: KEY, ...query },
      token: createHash('md5').update(`${KEY}1615884598${SECRET_KEY}`).digest('hex').toUpperCase(),
      timespan: '1615884598',
    },
  ]);
  expect(qcc.calls).toEqual([`${path} QCC_200`]);
});

test('each attempt is signed anew', async () => {
  let now = NOW;
  await using qcc = await connectTo(['{"status":"199"}', '{"status":"200","resultList":[]}'], {
    now: () => (now += 60_000),
  });
  await qcc.client.listLatestOrderNo({ retry: { attempts: 2, minDelayMs: 1 } });
  const [first, second] = qcc.requests;
  expect(Number(second!.timespan) - Number(first!.timespan)).toBe(60);
  expect(second!.token).not.toBe(first!.token);
});

describe('setApiPushSetting', () => {
  const callbackUrl = 'https://h/cb';
  const setting = { enablePush: 'I', callbackUrl } as const;

  test.each([
    ['flat, as the table has it', `{"status":200,"callbackUrl":"${callbackUrl}"}`],
    ['nested, as the example has it', `{"status":200,"result":{"callbackUrl":"${callbackUrl}"}}`],
    ['in both places', `{"status":200,"callbackUrl":"${callbackUrl}","result":{"callbackUrl":"${callbackUrl}"}}`],
  ])('an echo %s is good', async (_, body) => {
    await using qcc = await connectTo([body]);
    expect(await qcc.client.setApiPushSetting(setting)).toEqual(success(null));
    expect(qcc.requests[0]!.query).toEqual({ key: KEY, ...setting });
  });

  test.each([
    ['differs', '{"status":200,"result":{"callbackUrl":"https://h/other"}}'],
    ['differs in one place', `{"status":200,"callbackUrl":"https://h/x","result":{"callbackUrl":"${callbackUrl}"}}`],
    ['is missing', '{"status":200,"result":null}'],
  ])('an echo that %s is an error', async (_, body) => {
    await using qcc = await connectTo([body]);
    expect(await qcc.client.setApiPushSetting(setting)).toMatchObject({
      kind: 'unknown',
      reason: 'UNEXPECTED_SHAPE',
      message: expect.stringContaining('not echoed'),
    });
  });

  test.each(['https://h/cb?a=1', 'https://h/cb?', 'https://h/cb#x', 'ftp://h/cb', 'h/cb'])(
    'a callback URL that QCC could not call is refused before anything is sent: %s',
    async (unusable) => {
      await using qcc = await connectTo(['{}']);
      await expect(qcc.client.setApiPushSetting({ ...setting, callbackUrl: unusable })).rejects.toThrow(
        /^callbackUrl /,
      );
      expect(qcc.requests).toEqual([]);
    },
  );
});

describe('getDownloadUrl', () => {
  const orderNo = 'DDMON2021031616145803273367';

  test.each(['2021-03-16 16:00:00', 'soon', '', '9999-99-99 99:99:99'])(
    'gives the link whatever it says of its expiry: "%s"',
    async (said) => {
      await using qcc = await connectTo([edit(DOCUMENT_EXAMPLES.getDownloadUrl, '2021-03-16 16:49:58', said)]);
      expect(await qcc.client.getDownloadUrl({ orderNo })).toMatchObject({ value: { downloadUrl: LINK } });
    },
  );

  test('fields listed flat, as the table has them, are read', async () => {
    const { result } = JSON.parse(DOCUMENT_EXAMPLES.getDownloadUrl);
    await using qcc = await connectTo([JSON.stringify({ status: 200, ...result })]);
    expect(await qcc.client.getDownloadUrl({ orderNo })).toMatchObject({
      kind: 'success',
      value: { downloadUrl: LINK },
    });
  });

  test.each([
    ['another order', edit(DOCUMENT_EXAMPLES.getDownloadUrl, orderNo, 'DDMON1'), 'orderNo names another order'],
    ['no password', edit(DOCUMENT_EXAMPLES.getDownloadUrl, 'dSmskQOatpyQg7UkU6fi', ''), 'unzipPassword is missing'],
    ['no link', edit(DOCUMENT_EXAMPLES.getDownloadUrl, /"http:[^"]*"/, '"x.zip"'), 'downloadUrl is not a URL'],
  ])('a response with %s is refused, and shows no secret', async (_, body, message) => {
    await using qcc = await connectTo([body]);
    const outcome = await qcc.client.getDownloadUrl({ orderNo });
    expect(outcome).toMatchObject({ reason: 'UNEXPECTED_SHAPE', message: expect.stringContaining(message) });
    expect(JSON.stringify(outcome)).not.toMatch(/dSmskQ|D0lw17/);
  });

  const secretLink = `http://h/a.zip?Expires=1&OSSAccessKeyId=LTAIcanary&Signature=c%2Fanary73519248`;
  test.each([
    ['a field that nobody knows', { status: 299, 解压密码: 'canary73519248' }],
    ['a number', { status: 299, unzipPassword: 73519248 }],
    ['its message', { status: 299, msg: '您的密码是 canary73519248' }],
    ['its status', { status: 73519248 }],
    ['its link, and no password', { status: 200, result: { downloadUrl: secretLink } }],
    ['the scheme of its link', { status: 200, result: { downloadUrl: 'canary73519248:a', unzipPassword: {} } }],
    ['the number of another order', { status: 200, result: { orderNo: 'canary73519248', downloadUrl: secretLink } }],
    ['JSON inside JSON', { data: JSON.stringify({ unzipPassword: 73519248, downloadUrl: secretLink }) }],
    ['a list', [secretLink, 73519248]],
    ['a text', 'canary73519248'],
    ['a page', '<p>canary73519248</p>', 200],
    ['a page of an error', '<p>canary73519248</p>', 500],
    ['a page that is not there', '<p>canary73519248</p>', 404],
    ['JSON that breaks off', '{"status":200,"unzipPassword":73519248,"downloadUrl":"http://h/?Signature=canary', 200],
  ])('nothing is quoted of a response that has secrets in %s', async (_, response, status?: number) => {
    const body = status === undefined ? JSON.stringify(response) : String(response);
    const told: unknown[] = [];
    await using qcc = await connect((_, response) => void response.writeHead(status ?? 200).end(body), {
      onCall: (call) => told.push(call),
    });
    const outcome = await qcc.client.getDownloadUrl({ orderNo });
    expect(outcome).toMatchObject({ message: expect.stringContaining('getDownloadUrl: ') });
    expect(JSON.stringify([outcome, told])).not.toMatch(/canary|73519248/i);
    expect(outcome).not.toHaveProperty('response');
  });
});

test('an unexplained response is available with its secrets masked, and is not in a log of the failure', async () => {
  const body = `<html>登录 \u00ff key=${KEY} "${SECRET_KEY}"</html>`;
  await using qcc = await connectTo([body]);
  const outcome = await qcc.client.listLatestOrderNo();
  const masked = body.replaceAll(KEY, '[redacted]').replace(SECRET_KEY, '[redacted]');
  expect(outcome).toMatchObject({ kind: 'unknown', reason: 'NOT_JSON' });
  expect('response' in outcome && outcome.response?.().toString()).toBe(masked);
  expect(Object.keys(JSON.parse(JSON.stringify(outcome)))).not.toContain('response');
});

test('a list that comes whole is asked once, also where a total says that there is more', async () => {
  await using qcc = await connectTo(['{"status":"200","totalRecords":9,"resultList":[{"addReason":"a"}]}']);
  expect(await qcc.client.getDetails(wholeList, check)).toEqual(
    success({ rows: [{ addReason: 'a' }], oddRows: 0, total: 9, incompleteReason: 'INCOMPLETE_TOTAL' }),
  );
  expect(qcc.requests.map(({ path, query }) => [path, query])).toEqual([
    ['/api/dd_corp_monitor/getWholeList', { key: KEY, ...check }],
  ]);
});

describe('a list that comes in pages', () => {
  const page = (ids: number[], rest: string) =>
    `{"status":"200",${rest},"resultList":[${ids.map((id) => `{"id":"${id}"}`)}]}`;
  const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

  test.each([
    ['nested, the echoed pageSize ignored', '"paging":{"pageSize":1,"pageIndex":1,"totalRecords":45}'],
    ['flat', '"totalRecords":"45"'],
  ])('a total that stands %s is read to its end', async (_, total) => {
    const limited: string[] = [];
    await using qcc = await connectTo([page(ids(1, 20), total), page(ids(21, 40), total), page(ids(41, 45), total)], {
      beforeCall: async (endpoint) => void limited.push(endpoint),
    });
    const outcome = await qcc.client.getDetails(pagedList, check);
    expect(outcome).toMatchObject({ value: { total: 45, rows: ids(1, 45).map((id) => ({ id: String(id) })) } });
    expect(qcc.requests.map(({ query }) => query.pageIndex)).toEqual(['1', '2', '3']);
    expect(limited).toEqual(Array(3).fill('getPagedList'));
    expect(qcc.calls).toEqual(Array(3).fill('getPagedList QCC_200'));
  });

  test('a page that fails is retried by itself: answered pages are not asked again', async () => {
    const total = '"totalRecords":3';
    await using qcc = await connectTo([page([1, 2], total), '{"status":"500"}', page([3], total)]);
    const outcome = await qcc.client.getDetails(pagedList, check, { retry: { attempts: 2, minDelayMs: 1 } });
    expect(outcome).toMatchObject({ value: { rows: [{ id: '1' }, { id: '2' }, { id: '3' }] } });
    expect(qcc.requests.map(({ query }) => query.pageIndex)).toEqual(['1', '2', '2']);
  });

  test('later pages can be retried where the first is not', async () => {
    const total = '"totalRecords":3';
    const retryLaterPages = { attempts: 2, minDelayMs: 1 };
    await using failing = await connectTo(['{"status":"500"}']);
    expect(await failing.client.getDetails(pagedList, check, { retryLaterPages })).toMatchObject({ reason: 'QCC_500' });
    expect(failing.requests).toHaveLength(1);
    await using qcc = await connectTo([page([1, 2], total), '{"status":"500"}', page([3], total)]);
    expect(await qcc.client.getDetails(pagedList, check, { retryLaterPages })).toMatchObject({ kind: 'success' });
    expect(qcc.requests.map(({ query }) => query.pageIndex)).toEqual(['1', '2', '2']);
  });
});

test.each([
  ['201', { kind: 'empty', fetchedAt: NOW }],
  ['205', { kind: 'later', code: '205', reason: 'QCC_205' }],
  ['116', { kind: 'pause', code: '116', reason: 'QCC_116' }],
  ['107', { kind: 'stop', code: '107', reason: 'QCC_107' }],
  ['208', { kind: 'never', code: '208', reason: 'QCC_208' }],
  ['203', { kind: 'retry', code: '203', reason: 'QCC_203' }],
  ['299', { kind: 'unknown', code: '299', reason: 'QCC_299' }],
])('status %s is told by its code, whatever msg says', async (code, expected) => {
  await using qcc = await connectTo([`{"status":"${code}","msg":"查询成功","resultList":[{}]}`]);
  expect(await qcc.client.listLatestOrderNo()).toMatchObject(expected);
  expect(qcc.calls).toEqual([`listLatestOrderNo QCC_${code}`]);
});

const respond =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

test.each<[string, RequestListener, string, string]>([
  ['HTTP 502', respond(502, '<html>'), 'retry', 'HTTP_502'],
  ['HTTP 429', respond(429, ''), 'retry', 'HTTP_429'],
  ['HTTP 404', respond(404, '{"status":"200"}'), 'unknown', 'HTTP_404'],
  ['a redirect, which is not followed', respond(302, '', { location: '/elsewhere' }), 'unknown', 'HTTP_302'],
  ['HTML with 200', respond(200, '<html>登录</html>'), 'unknown', 'NOT_JSON'],
  ['a raw line break in a string', respond(200, '{"status":"200","msg":"a\nb"}'), 'unknown', 'NOT_JSON'],
  ['no status', respond(200, '{"result":[]}'), 'unknown', 'UNEXPECTED_SHAPE'],
  ['a list that is none', respond(200, '{"status":200,"resultList":"x"}'), 'unknown', 'UNEXPECTED_SHAPE'],
  ['a list that is missing', respond(200, '{"status":200}'), 'unknown', 'UNEXPECTED_SHAPE'],
  ['a reset', (request) => void request.socket.destroy(), 'retry', 'UNREACHABLE'],
  [
    'a response that breaks off',
    (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"status"');
      response.socket!.end();
    },
    'retry',
    'UNREACHABLE',
  ],
])('the response is %s', async (_, listener, kind, reason) => {
  await using qcc = await connect(listener);
  const outcome = await qcc.client.listLatestOrderNo();
  expect(outcome).toMatchObject({ kind, reason, message: expect.stringMatching(/^listLatestOrderNo: ./) });
  expect(qcc.calls).toEqual([`listLatestOrderNo ${reason}`]);
});

test('an endless answer is cut off', async () => {
  const megabyte = Buffer.alloc(1_048_576, ' ');
  await using qcc = await connect((_, response) => {
    const pour = () => {
      while (response.write(megabyte));
      response.once('drain', pour);
    };
    pour();
  });
  expect(await qcc.client.listLatestOrderNo()).toMatchObject({ kind: 'unknown', reason: 'TOO_LARGE' });
});

test.each<[string, RequestListener]>([
  ['never answers', () => {}],
  ['never ends its response', (_, response) => void response.writeHead(200).write('{')],
])('a server that %s is given up on', async (_, listener) => {
  await using qcc = await connect(listener, { timeoutMs: 100 });
  expect(await qcc.client.listLatestOrderNo()).toMatchObject({ kind: 'retry', reason: 'TIMEOUT' });
});

test('a server that is not there is unreachable', async () => {
  const gone = await startLoopbackServer(() => {});
  await gone[Symbol.asyncDispose]();
  await using qcc = await connect(() => {}, { baseUrl: gone.url });
  expect(await qcc.client.listLatestOrderNo()).toMatchObject({ kind: 'retry', reason: 'UNREACHABLE' });
});

test("the caller's abort is an exception, not an outcome", async () => {
  const controller = new AbortController();
  await using qcc = await connect(() => controller.abort(new Error('shutting down')));
  await expect(qcc.client.listLatestOrderNo({ signal: controller.signal })).rejects.toThrow('shutting down');
});

test('when beforeCall throws, nothing is sent', async () => {
  await using qcc = await connectTo(['{}'], { beforeCall: () => Promise.reject(new Error('budget spent')) });
  await expect(qcc.client.listLatestOrderNo()).rejects.toThrow('budget spent');
  expect(qcc.requests).toEqual([]);
});

test('a response that reflects the request shows neither key, SecretKey nor Token', async () => {
  await using qcc = await connect((request, response) =>
    respond(200, `${request.url} ${request.headers.token} ${SECRET_KEY}`)(request, response),
  );
  const outcome = await qcc.client.listLatestOrderNo();
  expect(outcome).toMatchObject({ reason: 'NOT_JSON', message: expect.stringContaining('[redacted] [redacted]') });
  expect(JSON.stringify(outcome)).not.toMatch(/canary|[0-9A-F]{32}/);
});

test('requests go through the forward proxy where one is set', async () => {
  const asked: string[] = [];
  await using proxy = await startLoopbackServer((request, response) => {
    asked.push(request.url!.split('?')[0]!);
    respond(200, '{"status":"201"}')(request, response);
  });
  await using qcc = await connect(() => {}, { baseUrl: 'http://pro.qcc.test/api', proxyUrl: proxy.url });
  expect(await qcc.client.listLatestOrderNo()).toMatchObject({ kind: 'empty' });
  expect(asked).toEqual(['http://pro.qcc.test/api/listLatestOrderNo']);
});

test('what a response means is told before the response is kept', async () => {
  const told: string[] = [];
  await using qcc = await connectTo(['{"status":"116"}'], {
    onCall: ({ outcome }) => void told.push(outcome.kind),
    onResponse: async () => void told.push('kept'),
  });
  await qcc.client.getDetails(wholeList, check);
  expect(told).toEqual(['pause', 'kept']);
});

describe('responses handed out', () => {
  const page = (id: string) => JSON.stringify({ status: '200', resultList: [{ id }], totalRecords: 2 });

  test('come as they were, without the key, pages of one lookup together', async () => {
    const responses: RawResponse[] = [];
    const onResponse = async (response: RawResponse) => void responses.push(response);
    await using qcc = await connectTo([page('a'), page('b')], { onResponse });
    const outcome = await qcc.client.getDetails(pagedList, check);
    expect(outcome).toMatchObject({ value: { rows: [{ id: 'a' }, { id: 'b' }] } });
    expect(responses.map(({ body }) => body?.toString())).toEqual([page('a'), page('b')]);
    expect(responses).toMatchObject(
      ['1', '2'].map((pageIndex) => ({
        endpoint: 'getPagedList',
        query: { ...check, pageIndex },
        status: 200,
        sentAt: NOW,
        receivedAt: NOW,
      })),
    );
    expect(new Set(responses.map(({ lookup }) => lookup)).size).toBe(1);
    expect(JSON.stringify(responses)).not.toContain(KEY);
    expect(await createKeptClient(responses).getDetails(pagedList, check)).toEqual(outcome);
  });

  test('are waited for: what cannot be kept does not reach the caller, but counts as a call', async () => {
    await using qcc = await connectTo([page('a')], { onResponse: () => Promise.reject(new Error('the service ends')) });
    await expect(qcc.client.getDetails(pagedList, check)).rejects.toThrow('the service ends');
    expect(qcc.calls).toEqual(['getPagedList QCC_200']);
  });

  const echo = `AK/canary ${SECRET_KEY} TOKEN`;
  test.each([
    ['an error that echoes the request', 'AK/canary', `{"status":"107","msg":"签名错误","request":"${echo}"}`, 'stop'],
    ['rows, escaped', 'AK/canary', '{"status":200,"resultList":[{"addReason":"\\u0041K\\/canary"}]}', 'success'],
    ['a number', '73519248', '{"status":200,"resultList":[{"addReason":73519248,"n":735192480}]}', 'success'],
    ['a page', 'AK/canary', `<html>${echo}</html>`, 'unknown'],
  ])('hold none of the account’s secrets, and mean the same: %s', async (_, key, body, kind) => {
    const responses: RawResponse[] = [];
    await using qcc = await connect(
      (request, response) => void response.end(body.replace('TOKEN', String(request.headers.token))),
      { key, onResponse: async (response) => void responses.push(response) },
    );
    const outcome = await qcc.client.getDetails(wholeList, check);
    const kept = responses[0]!.body!.toString();
    expect(kept).toContain('[redacted]');
    expect(JSON.stringify([kept, outcome])).not.toMatch(/canary|73519248\b|[0-9A-F]{32}/);
    if (body.startsWith('{')) expect(() => JSON.parse(kept)).not.toThrow();
    expect(outcome.kind).toBe(kind);
    expect(await createKeptClient(responses).getDetails(wholeList, check)).toMatchObject({ kind });
  });

  test('what is no response of QCC is handed out, too', async () => {
    const bodies: (string | undefined)[] = [];
    const onResponse = async ({ body }: RawResponse) => void bodies.push(body?.toString());
    await using qcc = await connectTo(['<html>'], { onResponse });
    expect(await qcc.client.getDetails(wholeList, check)).toMatchObject({ reason: 'NOT_JSON' });
    expect(bodies).toEqual(['<html>']);
  });
});
