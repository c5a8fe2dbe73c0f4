import { createHash } from 'node:crypto';
import type { lookup as systemLookup } from 'node:dns';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLoopbackServer, startSilentServer } from '../testing/loopback-server.ts';
import { type Download, downloadArchive } from './download.ts';

const ARCHIVE = Buffer.alloc(300_000, 'PK\u0003\u0004企查查');
const PATH = '/DdMonitor/x.zip?Expires=1615884598&OSSAccessKeyId=LTAI&Signature=D0lw17%2BSECs%3D';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-download-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function serve(listener: RequestListener, options: Partial<Download> = {}) {
  const server = await startLoopbackServer(listener);
  const download: Download = {
    url: `${server.url}${PATH}`,
    toFile: join(folder, `${files++}.zip`),
    allowedHosts: [`127.0.0.1:${server.port}`],
    allowPrivateHosts: true,
    maxBytes: 1_000_000,
    timeoutMs: 5_000,
    ...options,
  };
  return { server, download, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const sendArchive: RequestListener = (_, response) => void response.end(ARCHIVE);

test('an archive arrives byte for byte, with its hash, and nothing of the account is sent for it', async () => {
  const seen: IncomingMessage[] = [];
  await using host = await serve((request, response) => {
    seen.push(request);
    sendArchive(request, response);
  });
  expect(await downloadArchive(host.download)).toEqual({
    kind: 'downloaded',
    bytes: ARCHIVE.length,
    sha256: createHash('sha256').update(ARCHIVE).digest('hex'),
  });
  expect((await readFile(host.download.toFile)).equals(ARCHIVE)).toBe(true);
  expect(seen.map(({ url }) => url)).toEqual([PATH]);
  expect(Object.keys(seen[0]!.headers).sort()).toEqual(['connection', 'host']);
});

const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(code, headers).end('<Error><Code>AccessDenied</Code></Error>');

test.each<[string, RequestListener, Partial<Download>, object]>([
  ['403, as OSS answers an expired link', status(403), {}, { kind: 'expired' }],
  ['404', status(404), {}, { kind: 'http', status: 404 }],
  ['503', status(503), {}, { kind: 'http', status: 503 }],
  [
    'a redirect, which is not followed',
    status(302, { location: 'http://127.0.0.1:9/' }),
    {},
    { kind: 'http', status: 302 },
  ],
  ['a part of the file', status(206), {}, { kind: 'http', status: 206 }],
  ['more than the limit, announced', sendArchive, { maxBytes: 299_999 }, { kind: 'tooLarge' }],
  [
    'more than the limit, unannounced',
    (_, response) => {
      response.write(ARCHIVE);
      response.end(ARCHIVE);
    },
    { maxBytes: 400_000 },
    { kind: 'tooLarge' },
  ],
  [
    'fewer bytes than announced',
    (_, response) => {
      response.writeHead(200, { 'content-length': String(ARCHIVE.length + 1) }).write(ARCHIVE);
      response.socket!.end();
    },
    {},
    { kind: 'network', reason: 'TRUNCATED' },
  ],
  [
    'a chunked body without its end',
    (_, response) => void response.write(ARCHIVE, () => response.socket!.end()),
    {},
    { kind: 'network', reason: 'TRUNCATED' },
  ],
  ['a reset', (request) => void request.socket.destroy(), {}, { kind: 'network', reason: 'UNREACHABLE' }],
  ['nothing', () => {}, { timeoutMs: 100 }, { kind: 'network', reason: 'TIMEOUT' }],
  [
    'a body that stalls',
    (_, response) => void response.write('PK'),
    { timeoutMs: 100 },
    { kind: 'network', reason: 'TIMEOUT' },
  ],
])('the host answers with %s: no file, and no secret in the message', async (_, listener, options, expected) => {
  await using host = await serve(listener, options);
  const outcome = await downloadArchive(host.download);
  expect(outcome).toMatchObject(expected);
  expect(outcome).toHaveProperty('message');
  expect(JSON.stringify(outcome)).not.toMatch(/D0lw17|LTAI/);
  expect(existsSync(host.download.toFile)).toBe(false);
});

test('a host that is not there is unreachable', async () => {
  const host = await serve(sendArchive);
  await host[Symbol.asyncDispose]();
  expect(await downloadArchive(host.download)).toMatchObject({ kind: 'network', reason: 'UNREACHABLE' });
});

test.each<[what: string, isProxied: boolean, limits: { timeoutMs: number; connectTimeoutMs?: number }]>([
  ['a host that never completes TLS', false, { timeoutMs: 600_000, connectTimeoutMs: 100 }],
  ['a proxy that never gets through to the host', true, { timeoutMs: 600_000, connectTimeoutMs: 100 }],
  // If connecting could take as long as the download by default, the reason would be that the download took too long.
  ['by default, a host that never completes TLS', false, { timeoutMs: 20_000 }],
])(
  '%s is unreachable within the time for connecting, long before the download has to be complete',
  async (_, isProxied, limits) => {
    await using silent = await startSilentServer();
    await using host = await serve(sendArchive);
    const outcome = await downloadArchive({
      ...host.download,
      url: `https://127.0.0.1:${silent.port}${PATH}`,
      allowedHosts: [`127.0.0.1:${silent.port}`],
      proxyUrl: isProxied ? `http://127.0.0.1:${silent.port}` : undefined,
      ...limits,
    });
    expect(outcome).toMatchObject({
      kind: 'network',
      reason: expect.stringMatching(isProxied ? 'TIMEOUT' : 'UNREACHABLE'),
    });
  },
);

test('a host that is not listed is refused before anything is sent', async () => {
  let asked = 0;
  await using host = await serve(() => void asked++, { allowedHosts: ['pro-files.qichacha.com'] });
  expect(await downloadArchive(host.download)).toMatchObject({ kind: 'refused' });
  expect(asked).toBe(0);
});

/** A resolver that gives its responses in turn. */
const resolver = (...answers: string[][]): typeof systemLookup => {
  const lookup = (_hostname: string, _options: object, callback: (error: null, addresses: object[]) => void) =>
    callback(
      null,
      (answers.shift() ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  return lookup as typeof systemLookup;
};

test.each([
  ['loopback', ['127.0.0.1']],
  ['metadata', ['169.254.169.254']],
  ['an IPv6-mapped loopback', ['::ffff:127.0.0.1']],
  ['a public one beside a private one', ['8.8.8.8', '10.0.0.1']],
])('a listed name that resolves to %s is refused before anything is sent', async (_, addresses) => {
  let asked = 0;
  await using host = await serve(() => void asked++);
  const { port } = host.server;
  const outcome = await downloadArchive({
    ...host.download,
    url: `http://files.test:${port}${PATH}`,
    allowedHosts: [`files.test:${port}`],
    allowPrivateHosts: false,
    lookup: resolver(addresses),
  });
  expect(outcome).toMatchObject({ kind: 'refused', message: expect.stringContaining('not public') });
  expect(asked).toBe(0);
});

test('a listed name may resolve to a private address where that is allowed', async () => {
  await using host = await serve(sendArchive);
  const { port } = host.server;
  const outcome = await downloadArchive({
    ...host.download,
    url: `http://files.test:${port}${PATH}`,
    allowedHosts: [`files.test:${port}`],
    lookup: resolver(['127.0.0.1']),
  });
  expect(outcome).toMatchObject({ kind: 'downloaded' });
});

test('downloads go through the forward proxy where one is set, and still to listed hosts only', async () => {
  const asked: string[] = [];
  await using proxy = await serve((request, response) => {
    asked.push(request.url!);
    sendArchive(request, response);
  });
  const download = {
    ...proxy.download,
    url: `http://files.test${PATH}`,
    allowedHosts: ['files.test'],
    allowPrivateHosts: false,
    proxyUrl: proxy.server.url,
  };
  expect(await downloadArchive(download)).toMatchObject({ kind: 'downloaded', bytes: ARCHIVE.length });
  expect(await downloadArchive({ ...download, url: 'http://other.test/' })).toMatchObject({ kind: 'refused' });
  expect(await downloadArchive({ ...download, url: 'http://10.1/', allowedHosts: ['10.0.0.1'] })).toMatchObject({
    kind: 'refused',
  });
  expect(asked).toEqual([`http://files.test${PATH}`]);
});

test("the caller's abort is an exception", async () => {
  const controller = new AbortController();
  await using host = await serve((_, response) => {
    response.write('PK');
    controller.abort(new Error('shutting down'));
  });
  await expect(downloadArchive({ ...host.download, signal: controller.signal })).rejects.toThrow('shutting down');
  expect(existsSync(host.download.toFile)).toBe(false);
});

test('a file that cannot be written is an exception: the environment is at fault, not the order', async () => {
  await using host = await serve(sendArchive, { toFile: join(folder, 'no', 'such', 'folder.zip') });
  await expect(downloadArchive(host.download)).rejects.toMatchObject({ code: 'ENOENT' });
});

// Skipped where the system has no device that is always full.
test.runIf(existsSync('/dev/full'))('a full disk is an exception', async () => {
  const toFile = join(folder, 'full.zip');
  await symlink('/dev/full', toFile);
  await using host = await serve(sendArchive, { toFile });
  await expect(downloadArchive(host.download)).rejects.toMatchObject({ code: 'ENOSPC' });
});
