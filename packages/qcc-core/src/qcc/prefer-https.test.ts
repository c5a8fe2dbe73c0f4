import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startLoopbackServer, startSilentServer } from '../testing/loopback-server.ts';
import { type Download, type DownloadOutcome, downloadArchive } from './download.ts';
import { createPreferHttps, HTTPS_HEADERS_TIMEOUT_MS, PLAIN_FOR_MS } from './prefer-https.ts';

const LINK = 'http://pro-files.qichacha.com/a%2Fb.zip?Expires=1&Signature=s%2Bg%3D';
const SECURE = LINK.replace('http:', 'https:');
const downloaded: DownloadOutcome = { kind: 'downloaded', bytes: 1, sha256: 'a' };
const away = (reason: 'UNREACHABLE' | 'TIMEOUT' | 'TRUNCATED'): DownloadOutcome => ({
  kind: 'network',
  reason,
  message: 'connection refused',
});
const unreachable = away('UNREACHABLE');

/** Downloads that end as `outcomes` say, one after the other, by a clock that `pass` moves. */
function downloads(outcomes: DownloadOutcome[]) {
  const asked: string[] = [];
  let time = 0;
  const download = createPreferHttps({
    attempt: async ({ url }) => {
      asked.push(url);
      return outcomes[asked.length - 1]!;
    },
    now: () => time,
  });
  return {
    asked,
    fetch: (url: string) => download({ url, toFile: 'x', maxBytes: 1, timeoutMs: 1 } as Download),
    pass(ms: number) {
      time += ms;
    },
  };
}

describe('a link', () => {
  test.each<[string, string, DownloadOutcome[], string[]]>([
    ['of plain http goes by https, its signature untouched', LINK, [downloaded], [SECURE]],
    ['whose host speaks no https goes as it is', LINK, [unreachable, downloaded], [SECURE, LINK]],
    ['that https refuses goes as it is', LINK, [{ kind: 'expired', message: '403' }, downloaded], [SECURE, LINK]],
    ['to what is too large is not tried twice', LINK, [{ kind: 'tooLarge', message: 'large' }], [SECURE]],
    ['of https goes as it is', SECURE, [downloaded], [SECURE]],
    ['that names a port goes as it is', 'http://files:8090/a.zip', [downloaded], ['http://files:8090/a.zip']],
    ['that is none goes as it is, to be refused', 'http:// ', [unreachable], ['http:// ']],
  ])('%s', async (_name, url, outcomes, asked) => {
    const setup = downloads(outcomes);
    expect([await setup.fetch(url), setup.asked]).toEqual([outcomes.at(-1), asked]);
  });
});

describe('the next link of a host', () => {
  test.each<[string, DownloadOutcome, DownloadOutcome, string]>([
    ['goes as it is where https could not be reached', unreachable, downloaded, LINK],
    ['goes as it is where https took too long', away('TIMEOUT'), downloaded, LINK],
    [
      'goes as it is where only the plain link was answered, with 403',
      unreachable,
      { kind: 'expired', message: '' },
      LINK,
    ],
    ['goes as it is where only the plain link got through, and broke off', unreachable, away('TRUNCATED'), LINK],
    ['goes by https where the host was away altogether', unreachable, unreachable, SECURE],
    ['goes by https where a download by https broke off', away('TRUNCATED'), downloaded, SECURE],
    ['goes by https where https answered 404', { kind: 'http', status: 404, message: '' }, downloaded, SECURE],
  ])('%s', async (_name, secure, plain, next) => {
    const { asked, fetch } = downloads([secure, plain, downloaded]);
    await fetch(LINK);
    await fetch(LINK);
    expect(asked).toEqual([SECURE, LINK, next]);
  });

  test('goes by https again after ten minutes, and at once at another host', async () => {
    const other = SECURE.replace('pro-files', 'other');
    const { asked, fetch, pass } = downloads([unreachable, ...Array<DownloadOutcome>(4).fill(downloaded)]);
    await fetch(LINK);
    pass(PLAIN_FOR_MS - 1);
    await fetch(LINK);
    await fetch(other.replace('https:', 'http:'));
    pass(1);
    await fetch(LINK);
    expect(asked).toEqual([SECURE, LINK, LINK, other, SECURE]);
  });
});

/** Two orders whose links lead to a port 443 that takes connections and says nothing. */
async function fetchTwo(input: { speaksTls: boolean; headersTimeoutMs?: number }) {
  await using silent = await startSilentServer();
  const folder = await mkdtemp(join(tmpdir(), 'qcc-https-'));
  try {
    await using files = await startLoopbackServer((_, response) => void response.end('PK'));
    // The scheme's own ports belong to the machine.
    const ports: Readonly<Record<string, number>> = { 'http:': files.port, 'https:': silent.port };
    const download = createPreferHttps({
      headersTimeoutMs: input.headersTimeoutMs,
      attempt(attempted) {
        const url = new URL(attempted.url);
        url.port = String(ports[url.protocol]);
        // Without TLS the connection is ready at once, as it is after the handshake of a port that stalls then.
        if (input.speaksTls) url.protocol = 'http:';
        return downloadArchive({ ...attempted, url: url.href });
      },
    });
    const order = () =>
      download({
        url: 'http://127.0.0.1/a.zip?Expires=1',
        toFile: join(folder, 'a.zip'),
        allowedHosts: Object.values(ports).map((port) => `127.0.0.1:${port}`),
        allowPrivateHosts: true,
        maxBytes: 100,
        timeoutMs: 600_000,
        connectTimeoutMs: 100,
      });
    return { outcomes: [await order(), await order()], connections: silent.connections() };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each([
  ['never completes TLS', { speaksTls: false }],
  ['completes TLS and then stalls', { speaksTls: true, headersTimeoutMs: 100 }],
])('a port 443 that takes connections and %s delays the first of two orders, by seconds', async (_, input) => {
  const downloadedBoth = [1, 2].map(() => expect.objectContaining({ kind: 'downloaded', bytes: 2 }));
  expect(await fetchTwo(input)).toEqual({ outcomes: downloadedBoth, connections: 1 });
});

test('the limit for the headers of a response is short for https alone', async () => {
  const limits: [string, number | undefined][] = [];
  const download = createPreferHttps({
    attempt: async ({ url, headersTimeoutMs }) => {
      limits.push([url, headersTimeoutMs]);
      return unreachable;
    },
  });
  await download({ url: LINK, toFile: 'x', maxBytes: 1, timeoutMs: 600_000 } as Download);
  expect(limits).toEqual([
    [SECURE, HTTPS_HEADERS_TIMEOUT_MS],
    [LINK, undefined],
  ]);
});
