import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobReader, type FileEntry, TextWriter, ZipReader } from '@zip.js/zip.js';
import { afterEach, describe, expect, it } from 'vitest';
import { steadyPort } from '../../../stack/ports.ts';
import { tokenOf } from './sign.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ clock: { now: '2026-03-16 18:52:26', frozen: true }, ...options });
  opened.push(simulator);
  return simulator;
}

/** A gateway that answers callbacks with what it is told and keeps their URLs. */
async function startGateway(answer: () => { status: number; body: string }) {
  const urls: string[] = [];
  const server = createServer((request, response) => {
    urls.push(request.url!);
    const { status, body } = answer();
    response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { urls, callbackUrl: `http://127.0.0.1:${port}/qcc/callback` };
}

const ACCEPTED = { status: 200, body: '{"status":"200","msg":"成功"}' };

function ask(simulator: Simulator, endpoint: string, query: Record<string, string> = {}, headers = signed(simulator)) {
  const parameters = new URLSearchParams({ key: simulator.key, ...query });
  return fetch(`${simulator.baseUrl}/${endpoint}?${parameters}`, { headers });
}

function signed({ key, secretKey }: Simulator, seconds = Math.floor(Date.now() / 1_000)): Record<string, string> {
  return { Token: tokenOf(key, String(seconds), secretKey), Timespan: String(seconds) };
}

async function responseOf(...parameters: Parameters<typeof ask>): Promise<Record<string, unknown>> {
  const response = await ask(...parameters);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

async function linkOf(simulator: Simulator, orderNo: string) {
  const { result } = (await responseOf(simulator, 'getDownloadUrl', { orderNo })) as {
    result: { downloadUrl: string; downloadUrlExpiredTime: string; unzipPassword: string };
  };
  return result;
}

async function openArchive(bytes: Blob, password: string): Promise<{ name: string; content: unknown }> {
  const reader = new ZipReader(new BlobReader(bytes), { password, useWebWorkers: false, checkSignature: true });
  const [entry] = (await reader.getEntries()) as FileEntry[];
  const text = await entry!.getData(new TextWriter());
  await reader.close();
  return { name: entry!.filename, content: JSON.parse(text) };
}

describe('a simulator with the orders file of an earlier one', () => {
  it('lists its orders, serves their archives again, and goes on behind them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'qcc-orders-'));
    try {
      const ordersFile = join(folder, 'simulator', 'orders.jsonl');
      const contentOf = async (simulator: Simulator, orderNo: string) => {
        const { downloadUrl, unzipPassword } = await linkOf(simulator, orderNo);
        return (await openArchive(await (await fetch(downloadUrl)).blob(), unzipPassword)).content;
      };
      const earlier = await start({ ordersFile });
      const first = await earlier.createOrder({ records: 7, callback: false });
      const second = await earlier.createOrder({ records: 5, repeat: 3, callback: false });
      const contents = [await contentOf(earlier, first.orderNo), await contentOf(earlier, second.orderNo)];
      // The last line of a process that was killed.
      appendFileSync(ordersFile, '{"reco');

      const later = await start({ ordersFile, clock: { now: '2026-03-17 09:00:00', frozen: true } });
      expect(later.orders()).toEqual([first, second]);
      expect([await contentOf(later, first.orderNo), await contentOf(later, second.orderNo)]).toEqual(contents);
      const third = await later.createOrder({ records: 4, repeat: 2, callback: false });
      expect(third.orderNo).toMatch(/0002$/);

      const last = await start({ ordersFile });
      expect(last.orders()).toEqual([first, second, third]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the endpoints answer as the document has them', () => {
  it('setApiPushSetting echoes the callbackUrl inside result', async () => {
    const simulator = await start();
    const callbackUrl = 'http://test.domain.com/pro/radar/callback';
    const query = { enablePush: 'A', callbackUrl, pushPeriodTime: '9' };
    expect(await responseOf(simulator, 'setApiPushSetting', query)).toEqual({
      status: '200',
      msg: '查询成功',
      result: { callbackUrl },
    });
    expect(simulator.account.setting).toEqual(query);
  });

  it.each([
    { enablePush: 'X', callbackUrl: 'http://a.example/' },
    { enablePush: 'I' },
    { enablePush: 'A', callbackUrl: 'ftp://a.example/' },
    { enablePush: 'A', callbackUrl: 'http://a.example/', pushPeriodTime: '10' },
  ])('setApiPushSetting refuses %j with 202', async (query) => {
    expect(await responseOf(await start(), 'setApiPushSetting', query)).toMatchObject({ status: '202' });
  });

  it('activeCallbackUrl has a null result', async () => {
    expect(await responseOf(await start(), 'activeCallbackUrl')).toEqual({
      status: '200',
      msg: '激活成功',
      result: null,
    });
  });

  it('listLatestOrderNo has a blank before resultList and the last thirty orders, the latest first', async () => {
    const simulator = await start();
    const made: string[] = [];
    for (let count = 0; count < 32; count += 1) made.push((await simulator.createOrder({ records: 0 })).orderNo);
    expect(made[0]).toMatch(/^DDMON20260316185226\d{8}$/);
    const answer = await responseOf(simulator, 'listLatestOrderNo');
    expect(Object.keys(answer)).toEqual(['status', 'msg', ' resultList']);
    expect(answer[' resultList']).toEqual(
      made
        .slice(-30)
        .reverse()
        .map((orderNo) => ({ orderNo, createDate: '2026-03-16 18:52:05' })),
    );
  });

  it('getDownloadUrl gives a link of the file host, its end and a password of twenty characters', async () => {
    const simulator = await start();
    const { orderNo } = await simulator.createOrder();
    expect(await responseOf(simulator, 'getDownloadUrl', { orderNo })).toEqual({
      status: '200',
      msg: '查询成功',
      result: {
        orderNo,
        downloadUrl: expect.stringMatching(
          /^http:\/\/127\.0\.0\.1:\d+\/DdMonitor\/20260316[0-9a-f]{32}\.zip\?Expires=\d{10}&OSSAccessKeyId=LTAI\w{12}&Signature=[\w%]+%3D$/,
        ),
        downloadUrlExpiredTime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
        unzipPassword: expect.stringMatching(/^[A-Za-z0-9]{20}$/),
      },
    });
    expect(await responseOf(simulator, 'getDownloadUrl', { orderNo: 'DDMON0' })).toMatchObject({ status: '201' });
  });

  it('the detail endpoints have the rows of the truth, page by page, and 201 where there are none', async () => {
    const simulator = await start();
    const { orderNo } = await simulator.createOrder({ records: 240, types: ['2', '10', '11'] });
    let empty = 0;
    for (const { element, details } of simulator.truth(orderNo).occurrences) {
      if (details === null) continue;
      const { corpKeyNo, checkId } = element as { corpKeyNo: string; checkId: string };
      const query = { corpKeyNo, checkId, pageSize: '20' };
      const rows: unknown[] = [];
      for (let pageIndex = 1; rows.length < details.rows.length; pageIndex += 1) {
        const answer = await responseOf(simulator, details.endpoint, { ...query, pageIndex: String(pageIndex) });
        expect(answer).toMatchObject({ status: '200' });
        if (details.endpoint === 'getShiXinList') {
          expect(answer.paging).toEqual({ pageSize: 1, pageIndex, totalRecords: details.rows.length });
        }
        rows.push(...(answer.resultList as unknown[]));
      }
      expect(rows).toEqual(details.rows);
      if (rows.length > 0) continue;
      empty += 1;
      expect(await responseOf(simulator, details.endpoint, query)).toMatchObject({ status: '201' });
    }
    expect(empty).toBeGreaterThan(0);
  });

  it('has the field names of the document in the rows of each detail', async () => {
    const simulator = await start();
    const { orderNo } = await simulator.createOrder({ records: 60, types: ['2', '10', '11'] });
    const fields = new Map(
      [...simulator.truth(orderNo).occurrences].flatMap(({ details }) =>
        details?.rows[0] ? [[details.endpoint, Object.keys(details.rows[0])]] : [],
      ),
    );
    expect(Object.fromEntries(fields)).toEqual({
      getExceptions: ['addReason', 'addDate', 'romoveReason', 'removeDate', 'decisionOffice', 'removeDecisionOffice'],
      getSeriousViolation: ['addDate', 'addOffice', 'addReason'],
      getShiXinList: [
        'id',
        'anno',
        'executeGov',
        'executeNo',
        'executeStatus',
        'actionTypeName',
        'lianDate',
        'amount',
        'publicDate',
      ],
    });
  });
});

describe('whoever asks must sign', () => {
  it.each([
    { name: 'a wrong key', code: '101', violation: 'bad-key', query: { key: 'other' }, headers: signed },
    { name: 'no Token', code: '115', violation: 'no-token', query: {}, headers: () => ({}) },
    {
      name: 'an old Timespan',
      code: '115',
      violation: 'bad-timespan',
      query: {},
      headers: (simulator: Simulator) => signed(simulator, Math.floor(Date.now() / 1_000) - 3_600),
    },
    {
      name: 'a wrong Token',
      code: '107',
      violation: 'bad-token',
      query: {},
      headers: (simulator: Simulator) => ({ ...signed(simulator), Token: 'A'.repeat(32) }),
    },
  ])('answers $name with $code and notes it', async ({ code, violation, query, headers }) => {
    const simulator = await start();
    expect(await responseOf(simulator, 'listLatestOrderNo', query, headers(simulator))).toMatchObject({ status: code });
    expect(simulator.calls.report()).toMatchObject({
      counts: { listLatestOrderNo: { [code]: 1 } },
      violations: [{ endpoint: 'listLatestOrderNo', kind: violation }],
    });
  });

  it('refuses other methods than GET with 118', async () => {
    const simulator = await start();
    const response = await fetch(`${simulator.baseUrl}/activeCallbackUrl`, { method: 'POST' });
    expect(await response.json()).toMatchObject({ status: '118' });
  });
});

describe('an archive', () => {
  it.each([
    { aeVersion: 2, entryName: 'dd_corp.json', pushDateLast: false },
    { aeVersion: 1, entryName: 'corp.json', pushDateLast: true },
  ] as const)('opens as AE-$aeVersion with the password and holds the truth in $entryName', async (request) => {
    const simulator = await start();
    const { orderNo } = await simulator.createOrder({ ...request, records: 50, broken: 3, repeatWithin: 4 });
    const { downloadUrl, unzipPassword } = await linkOf(simulator, orderNo);
    const bytes = await (await fetch(downloadUrl)).blob();
    const header = Buffer.from(await bytes.slice(0, 200).arrayBuffer());
    const aesExtra = header.indexOf(Buffer.from([0x01, 0x99, 0x07, 0x00]));
    expect(header.readUInt16LE(aesExtra + 4)).toBe(request.aeVersion);
    const { name, content } = await openArchive(bytes, unzipPassword);
    expect(name).toBe(request.entryName);
    expect(Object.keys(content as object).at(request.pushDateLast ? -1 : 0)).toBe('pushDate');
    expect(content).toEqual({
      pushDate: '2026-03-16 18:52:26',
      totalSize: 50,
      result: [...simulator.truth(orderNo).occurrences].map(({ element }) => element),
    });
  });

  it.each(['byte', 'password', 'truncated', 'not-a-zip'] as const)(
    'does not open when damaged by %s',
    async (corrupt) => {
      const simulator = await start();
      const { orderNo } = await simulator.createOrder({ records: 50, corrupt });
      const { downloadUrl, unzipPassword } = await linkOf(simulator, orderNo);
      const bytes = await (await fetch(downloadUrl)).blob();
      await expect(openArchive(bytes, unzipPassword)).rejects.toThrow();
    },
  );

  it('has another totalSize than records when told to lie', async () => {
    const simulator = await start();
    const { orderNo } = await simulator.createOrder({ records: 5, corrupt: 'total-size' });
    expect(simulator.truth(orderNo)).toMatchObject({ declared: 8, records: 5 });
  });

  it('cannot be had by an expired, forged or foreign link, and a Token that came along is noted', async () => {
    let now = Date.now();
    const simulator = await start({ now: () => now, fileHostPort: 0 });
    const { orderNo } = await simulator.createOrder();
    const { downloadUrl } = await linkOf(simulator, orderNo);
    expect(new URL(downloadUrl).host).toBe(simulator.downloadHost);
    expect(simulator.baseUrl).not.toContain(simulator.downloadHost);

    const forged = await fetch(downloadUrl.replace(/Expires=\d+/, 'Expires=9999999999'));
    expect([forged.status, await forged.text()]).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')]);
    await fetch(downloadUrl, { headers: { Token: 'A'.repeat(32) } });
    now += simulator.faults.current.linkLifetimeMs;
    const expired = await fetch(downloadUrl);
    expect([expired.status, await expired.text()]).toEqual([403, expect.stringContaining('Request has expired.')]);
    expect(simulator.calls.report().violations.map(({ kind }) => kind)).toEqual([
      'bad-link-signature',
      'token-at-file-host',
    ]);
  });
});

describe('a callback', () => {
  it('brings the parameters of the document, each encoded once', async () => {
    const gateway = await startGateway(() => ACCEPTED);
    const simulator = await start({ callbackUrl: gateway.callbackUrl });
    const { orderNo, callbacks } = await simulator.createOrder();
    expect(callbacks).toMatchObject([{ kind: 'delivered', attempts: 1 }]);
    expect(gateway.urls[0]).toMatch(
      /^\/qcc\/callback\?key=simulator-key&orderNo=DDMON\d{22}&downloadUrl=http%3A%2F%2F127.*%3FExpires%3D\d{10}%26OSSAccessKeyId%3D\w{16}%26Signature%3D[\w%]+%253D&downloadUrlExpiredTime=\d{4}-\d\d-\d\d%20\d\d%3A\d\d%3A\d\d&unzipPassword=\w{20}$/,
    );
    const parameters = new URL(gateway.urls[0]!, gateway.callbackUrl).searchParams;
    const link = await linkOf(simulator, orderNo);
    expect(parameters.get('unzipPassword')).toBe(link.unzipPassword);
    expect((await fetch(parameters.get('downloadUrl')!)).status).toBe(200);
  });

  it('is sent no more after five failures in a row, until the URL is activated', async () => {
    let answer = ACCEPTED;
    const gateway = await startGateway(() => answer);
    const simulator = await start({ callbackUrl: gateway.callbackUrl });
    const failures = [
      { status: 503, body: ACCEPTED.body },
      { status: 200, body: 'OK' },
      { status: 200, body: '{"status":"500"}' },
      { status: 302, body: '' },
      { status: 200, body: '' },
    ];
    for (const failure of failures) {
      answer = failure;
      expect((await simulator.createOrder({ records: 1 })).callbacks).toMatchObject([{ kind: 'failed' }]);
    }
    answer = ACCEPTED;
    const silenced = await simulator.createOrder({ records: 1 });
    expect(silenced.callbacks).toMatchObject([{ kind: 'silenced' }]);
    expect(gateway.urls).toHaveLength(5);
    await responseOf(simulator, 'activeCallbackUrl');
    expect(await simulator.sendCallback(silenced.orderNo)).toMatchObject({ kind: 'delivered' });
  });

  it('counts failures in a row only', async () => {
    let failing = true;
    const gateway = await startGateway(() => ({ ...ACCEPTED, status: failing ? 500 : 200 }));
    const simulator = await start({ callbackUrl: gateway.callbackUrl });
    for (let count = 0; count < 4; count += 1) await simulator.createOrder({ records: 0 });
    failing = false;
    await simulator.createOrder({ records: 0 });
    expect(simulator.account.failures).toBe(0);
  });

  it('is not sent for an order that shall be known from the list only, nor with pushing disabled', async () => {
    const gateway = await startGateway(() => ACCEPTED);
    const simulator = await start({ callbackUrl: gateway.callbackUrl });
    expect((await simulator.createOrder({ callback: false })).callbacks).toEqual([]);
    simulator.account.set({ enablePush: 'I' });
    expect((await simulator.createOrder()).callbacks).toMatchObject([{ kind: 'disabled' }]);
    expect(gateway.urls).toEqual([]);
  });
});

describe('faults', () => {
  async function detailQuery(simulator: Simulator) {
    const { orderNo } = await simulator.createOrder({ records: 20, types: ['2'], withoutCheckId: 0 });
    const found = [...simulator.truth(orderNo).occurrences].find(({ details }) => details!.rows.length > 0)!;
    const { corpKeyNo, checkId } = found.element as { corpKeyNo: string; checkId: string };
    return { corpKeyNo, checkId };
  }

  /** Each detail list of 120 records of a type as the simulator answers it, next to the rows of the truth. */
  async function oddLists(type: string, oddDetails: object) {
    const simulator = await start({ faults: { oddDetails } });
    const { orderNo } = await simulator.createOrder({ records: 120, types: [type], withoutCheckId: 0 });
    const lists = [];
    for (const { element, details } of simulator.truth(orderNo).occurrences) {
      const { corpKeyNo, checkId } = element as { corpKeyNo: string; checkId: string };
      const page = (pageIndex: number) =>
        responseOf(simulator, details!.endpoint, { corpKeyNo, checkId, pageSize: '20', pageIndex: String(pageIndex) });
      lists.push({ rows: details!.rows, page });
    }
    return lists;
  }
  const rowsOf = (response: Record<string, unknown>) => response.resultList as Record<string, unknown>[];

  it('write dates of details in other forms, 0 excepted, and the same each time', async () => {
    const forms = new Set<string>();
    for (const type of ['2', '10', '11']) {
      for (const { rows, page } of await oddLists(type, { dates: 1 })) {
        if (rows.length === 0) continue;
        const answer = await page(1);
        expect(await page(1)).toEqual(answer);
        for (const [index, row] of rowsOf(answer).entries()) {
          if (rows[index]!.removeDate === 0) expect(row.removeDate).toBe(0);
          for (const name of ['addDate', 'lianDate']) {
            if (row[name] !== undefined) forms.add(`${typeof row[name]} ${String(row[name]).replace(/\d+/g, '0')}`);
          }
        }
      }
    }
    expect([...forms].sort()).toEqual([
      'number 0',
      'string 0',
      'string 0-0-0T0:0:0+0:0',
      'string 0/0/0',
      'string 0年0月0日',
      'string 不详',
    ]);
  });

  it('add fields that the document does not know, behind those that it knows', async () => {
    const [list] = (await oddLists('10', { unknownFields: 1 })).filter(({ rows }) => rows.length > 0);
    expect(Object.keys(rowsOf(await list!.page(1))[0]!)).toEqual([
      'addDate',
      'addOffice',
      'addReason',
      '承办人',
      'courtLevel',
      'relatedCases',
    ]);
  });

  it('leave out the id of the first debtor', async () => {
    const [list] = (await oddLists('11', { withoutId: 1 })).filter(({ rows }) => rows.length > 1);
    const [first, second] = rowsOf(await list!.page(1));
    expect([Object.keys(first!).includes('id'), second!.id]).toEqual([false, list!.rows[1]!.id]);
  });

  it('count three debtors more than there are', async () => {
    const [list] = (await oddLists('11', { total: 1 })).filter(({ rows }) => rows.length > 0);
    expect(await list!.page(1)).toMatchObject({ paging: { totalRecords: list!.rows.length + 3 } });
  });

  it('repeat the first page of debtors, also of a list that has only one', async () => {
    const lists = (await oddLists('11', { repeatedPage: 1 })).filter(({ rows }) => rows.length > 0);
    for (const isLong of [true, false]) {
      const { rows, page } = lists.find((list) => list.rows.length > 20 === isLong)!;
      const total = isLong ? rows.length : rows.length + 1;
      expect(await page(1)).toMatchObject({ resultList: rows.slice(0, 20), paging: { totalRecords: total } });
      expect(rowsOf(await page(2))).toEqual(rows.slice(0, 20));
    }
  });

  it('write case numbers with other brackets, and amounts that are no numbers', async () => {
    const lists = (await oddLists('11', { brackets: 1, amounts: 1 })).filter(({ rows }) => rows.length > 0);
    const answered = (await Promise.all(lists.map(async ({ page }) => rowsOf(await page(1))))).flat();
    const brackets = new Set(answered.flatMap(({ anno, executeNo }) => `${anno}${executeNo}`.match(/[^\p{L}\d\s]/gu)));
    expect([...brackets].sort()).toEqual([...'[]【】〔〕［］'].sort());
    for (const { amount } of answered) expect(Number(amount)).toBeNaN();
  });

  it('have one debtor at the end of a page and at the beginning of the next one, and count it once', async () => {
    const lists = await oddLists('11', { twice: 1 });
    const { rows, page } = lists.find((list) => list.rows.length > 20 && list.rows.length < 40)!;
    expect(rowsOf(await page(1))).toEqual(rows.slice(0, 20));
    expect(await page(2)).toMatchObject({ resultList: rows.slice(19), paging: { totalRecords: rows.length } });
    const short = lists.find((list) => list.rows.length > 0 && list.rows.length < 20)!;
    expect(rowsOf(await short.page(1))).toEqual(short.rows);
  });

  it('answer 200 with an empty list instead of 201', async () => {
    const [list] = (await oddLists('2', { emptyList: 1 })).filter(({ rows }) => rows.length === 0);
    expect(await list!.page(1)).toEqual({ status: '200', msg: expect.any(String), resultList: [] });
  });

  it('answer 205 as often as set, then 200', async () => {
    const simulator = await start({ faults: { processingShare: 1, processingAsks: 2 } });
    const query = await detailQuery(simulator);
    const codes: unknown[] = [];
    for (let count = 0; count < 3; count += 1) codes.push((await responseOf(simulator, 'getExceptions', query)).status);
    expect(codes).toEqual(['205', '205', '200']);
  });

  it('close the quota of an endpoint with 109, of all details with 116, until the next Shanghai day', async () => {
    const simulator = await start({ faults: { quota: { getExceptions: 1, details: 2 } } });
    const query = await detailQuery(simulator);
    const status = async (endpoint: string) => (await responseOf(simulator, endpoint, query)).status;
    expect([await status('getExceptions'), await status('getExceptions')]).toEqual(['200', '109']);
    expect([await status('getShiXinList'), await status('getShiXinList')]).toEqual(['201', '116']);
    simulator.clock.set({ now: '2026-03-17 00:00:00' });
    expect(await status('getExceptions')).toBe('200');
    simulator.quota.reset();
    expect(await status('getExceptions')).toBe('200');
  });

  it('force a code on an endpoint', async () => {
    const simulator = await start({ faults: { codes: { listLatestOrderNo: '102' } } });
    expect(await responseOf(simulator, 'listLatestOrderNo')).toEqual({
      status: '102',
      msg: '【无效请求】当前KEY已欠费',
    });
  });

  it('answer with a body or a page that echoes the request', async () => {
    const simulator = await start({ faults: { bodies: { listLatestOrderNo: '{"status":"299","msg":{request}}' } } });
    const { msg } = await responseOf(simulator, 'listLatestOrderNo');
    expect(msg).toMatch(/listLatestOrderNo\?key=.*"token":/);
    simulator.faults.set({ bodies: {}, pages: { listLatestOrderNo: '<p>{request}</p>' } });
    const page = await ask(simulator, 'listLatestOrderNo');
    expect([page.status, await page.text()]).toEqual([500, expect.stringContaining('key=')]);
  });

  it('answer with a page and 503, cut the connection, or say nothing', async () => {
    const simulator = await start({ faults: { rates: { orders: { serverError: 1 } } } });
    expect((await ask(simulator, 'listLatestOrderNo')).status).toBe(503);
    simulator.faults.set({ rates: { orders: { reset: 1 } } });
    await expect(ask(simulator, 'listLatestOrderNo')).rejects.toThrow();
    simulator.faults.set({ rates: { orders: { timeout: 1 } }, hangMs: 20 });
    await expect(ask(simulator, 'listLatestOrderNo')).rejects.toThrow();
    expect(simulator.calls.report().counts.listLatestOrderNo).toEqual({ HTTP_503: 1, RESET: 1, TIMEOUT: 1 });
  });

  it('break a download off half-way', async () => {
    const simulator = await start({ faults: { rates: { download: { reset: 1 } } } });
    const { orderNo } = await simulator.createOrder({ records: 500 });
    const response = await fetch((await linkOf(simulator, orderNo)).downloadUrl);
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it('are refused when they are not known or impossible, and nothing changes', async () => {
    const simulator = await start();
    const before = simulator.faults.current;
    expect(() => simulator.faults.set({ latency: 5 })).toThrow(/'latency' is not known; known are latencyMs/);
    expect(() => simulator.faults.set({ rates: { details: { reset: 0.7, timeout: 0.7 } } })).toThrow(/more than 1/);
    expect(simulator.faults.current).toBe(before);
  });
});

describe('what QCC may really send', () => {
  const listRows = async (simulator: Simulator) =>
    (await responseOf(simulator, 'listLatestOrderNo'))[' resultList'] as unknown[];

  it('lists the newest orders oddly, and the others as they are', async () => {
    const simulator = await start({
      faults: { listOddities: ['no-number', 'null-number', 'not-a-row', 'no-date'] },
    });
    for (let count = 0; count < 5; count += 1) await simulator.createOrder({ records: 0 });
    const [oldest, dateless] = simulator.orders().map(({ orderNo }) => orderNo);
    const createDate = '2026-03-16 18:52:05';
    expect(await listRows(simulator)).toEqual([
      { createDate },
      { orderNo: null, createDate },
      null,
      { orderNo: dateless },
      { orderNo: oldest, createDate },
    ]);
    simulator.faults.set({ listOddities: [] });
    expect(await listRows(simulator)).toHaveLength(5);
    expect(await listRows(simulator)).not.toContain(null);
  });

  it.each([
    ['chinese-date', '2026年3月16日 18时52分05秒'],
    ['slashed-date', '2026/03/16 18:52:05'],
    ['milliseconds-date', Date.parse('2026-03-16T18:52:05+08:00')],
    ['unreadable-date', '不详'],
  ] as const)('writes the time of an order in another form: %s', async (oddity, createDate) => {
    const simulator = await start({ faults: { listOddities: [oddity] } });
    const { orderNo } = await simulator.createOrder({ records: 0 });
    expect(await listRows(simulator)).toEqual([{ orderNo, createDate }]);
  });

  it('says that a link has expired while it lives', async () => {
    const gateway = await startGateway(() => ACCEPTED);
    const lag = { expiredTimeLagMs: -7_200_000, linkTimeLagMs: -7_200_000 };
    const simulator = await start({ callbackUrl: gateway.callbackUrl, faults: lag });
    const { orderNo } = await simulator.createOrder({ records: 1 });
    const { downloadUrl, downloadUrlExpiredTime } = await linkOf(simulator, orderNo);
    const called = new URL(gateway.urls[0]!, gateway.callbackUrl).searchParams.get('downloadUrlExpiredTime');
    for (const time of [called, downloadUrlExpiredTime]) {
      expect(Date.parse(`${time!.replace(' ', 'T')}+08:00`)).toBeLessThan(Date.now());
    }
    expect((await fetch(downloadUrl)).status).toBe(200);
  });

  it.each([
    { sameLink: 'while-it-lives', before: true, after: false },
    { sameLink: 'always', before: true, after: true },
    { sameLink: 'never', before: false, after: false },
  ] as const)('gives an order the same link again: $sameLink', async ({ sameLink, before, after }) => {
    let now = Date.now();
    const simulator = await start({ now: () => now, faults: { sameLink } });
    const { orderNo } = await simulator.createOrder({ records: 0 });
    const link = async () => (await linkOf(simulator, orderNo)).downloadUrl;
    const first = await link();
    now += 1_000;
    const second = await link();
    now += simulator.faults.current.linkLifetimeMs;
    // The clock of a request's signature is the machine's own.
    simulator.faults.set({ maxSkewMs: 3_600_000 });
    expect([second === first, (await link()) === second]).toEqual([before, after]);
  });

  it('gives an order the same link again by default, as the document shows', async () => {
    let now = Date.now();
    const simulator = await start({ now: () => now });
    const { orderNo } = await simulator.createOrder({ records: 0 });
    const first = (await linkOf(simulator, orderNo)).downloadUrl;
    now += 1_000;
    expect((await linkOf(simulator, orderNo)).downloadUrl).toBe(first);
  });

  it('calls for an order some time after it is listed', async () => {
    const gateway = await startGateway(() => ACCEPTED);
    const simulator = await start({ callbackUrl: gateway.callbackUrl, faults: { callbackDelayMs: 3_600_000 } });
    const made = simulator.createOrder({ records: 0 });
    await expect.poll(() => simulator.orders()).toHaveLength(1);
    expect([await listRows(simulator), gateway.urls]).toEqual([[expect.anything()], []]);
    await opened.pop()![Symbol.asyncDispose]();
    await made;
  });

  it('gives envelopes a field that nobody knows, and an empty list as null', async () => {
    const simulator = await start({ faults: { unknownFields: true, nullResult: true } });
    expect(await responseOf(simulator, 'listLatestOrderNo')).toEqual({
      status: '200',
      msg: '【有效请求】查询成功',
      result: null,
      traceNo: expect.any(String),
    });
  });

  it('puts a blank before codes, a field next to the records, and null in the place of an empty result', async () => {
    const simulator = await start();
    const contentOf = async (orderNo: string) => {
      const { downloadUrl, unzipPassword } = await linkOf(simulator, orderNo);
      return (await openArchive(await (await fetch(downloadUrl)).blob(), unzipPassword)).content;
    };
    const blank = await simulator.createOrder({ records: 1, types: ['2'], blankCodes: true });
    expect(await contentOf(blank.orderNo)).toMatchObject({ result: [{ type: ' 2', category: ' 1' }] });
    const unknown = await simulator.createOrder({ records: 0, unknownEnvelopeField: true });
    expect(await contentOf(unknown.orderNo)).toMatchObject({ batchNo: 'B20210316', totalSize: 0, result: [] });
    const empty = await simulator.createOrder({ records: 0, nullResult: true });
    expect(await contentOf(empty.orderNo)).toMatchObject({ totalSize: 0, result: null });
    await expect(simulator.createOrder({ records: 1, nullResult: true })).rejects.toThrow(/without records/);
  });

  it('takes connections on a filtered port and says nothing', async () => {
    const port = await steadyPort();
    await start({ filteredPort: port });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const received: Buffer[] = [];
    const ended = Promise.withResolvers<void>();
    socket
      .on('data', (bytes) => received.push(bytes))
      .on('error', () => {})
      .on('close', () => ended.resolve());
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await opened.pop()![Symbol.asyncDispose]();
    await ended.promise;
    expect(received).toEqual([]);
  });
});

describe('the truth', () => {
  it('has each id once, by its greatest pushDate whatever the order of making', async () => {
    const simulator = await start();
    const first = await simulator.createOrder({ records: 50, pushDate: '2026-03-16 09:00:00' });
    const older = await simulator.createOrder({ records: 50, repeat: 20, pushDate: '2026-03-15 09:00:00' });
    const newer = await simulator.createOrder({ records: 50, repeat: 20, repeatWithin: 5, pushDate: '2026-03-17' });
    const current = [...simulator.currentTruth()];
    expect(new Set(current.map(({ id }) => id)).size).toBe(current.length);
    expect(current).toHaveLength(50 + 30 + 25);
    const count = (orderNo: string) => current.filter((record) => record.orderNo === orderNo).length;
    expect(count(newer.orderNo)).toBe(45);
    expect(count(first.orderNo)).toBe(40);
    expect(count(older.orderNo)).toBe(20);
  });
});

describe('the control interface', () => {
  it('makes orders, sends callbacks again and tells the truth as NDJSON', async () => {
    const gateway = await startGateway(() => ACCEPTED);
    const simulator = await start({ callbackUrl: gateway.callbackUrl });
    const post = (path: string, body: object = {}) =>
      fetch(`${simulator.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const made = await post('/orders', { records: 3 });
    const { orderNo } = (await made.json()) as { orderNo: string };
    expect(made.status).toBe(201);
    await post(`/orders/${orderNo}/callback`);
    expect(gateway.urls).toHaveLength(2);
    expect(await (await fetch(`${simulator.controlUrl}/orders`)).json()).toMatchObject([
      { orderNo, records: 3, callbacks: [{ kind: 'delivered' }, { kind: 'delivered' }] },
    ]);
    const lines = (await (await fetch(`${simulator.controlUrl}/orders/${orderNo}/truth`)).text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { orderNo, pushDate: '2026-03-16 18:52:26', declared: 3, records: 3 },
      ...simulator.truth(orderNo).occurrences,
    ]);
  });

  it('sends a day of orders over the push windows', async () => {
    const simulator = await start();
    const response = await fetch(`${simulator.controlUrl}/day`, {
      method: 'POST',
      body: JSON.stringify({ date: '2026-03-10', records: 2, repeat: 1 }),
    });
    const hours = ((await response.json()) as { pushDate: string }[]).map(({ pushDate }) => {
      expect(pushDate).toMatch(/^2026-03-10 /);
      return Number(pushDate.slice(11, 13));
    });
    expect(hours.map((hour) => hour - (hour % 2 === 1 ? 0 : 1))).toEqual([9, 11, 13, 15, 17, 19]);
  });

  it('sets faults, clock and account, and refuses what it does not know with 400', async () => {
    const simulator = await start();
    const put = async (path: string, body: object) => {
      const response = await fetch(`${simulator.controlUrl}${path}`, { method: 'PUT', body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    };
    expect(await put('/faults', { latencyMs: 1 })).toMatchObject({ status: 200, body: { latencyMs: 1 } });
    expect(await put('/clock', { now: '2026-03-17 09:00:00', frozen: true })).toEqual({
      status: 200,
      body: { now: '2026-03-17T01:00:00.000Z', frozen: true },
    });
    expect(await put('/account', { callbackUrl: 'not a url' })).toEqual({
      status: 400,
      body: { error: "push setting: 'callbackUrl' must be an http or https URL" },
    });
    expect(await put('/clock', { now: 'noon' })).toMatchObject({ status: 400 });
  });
});
