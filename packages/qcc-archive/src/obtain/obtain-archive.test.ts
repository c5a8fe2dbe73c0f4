import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DownloadOutcome } from 'qcc-core/qcc/download';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WaitError } from '../errors.ts';
import { spoolChanges } from '../spool-changes.ts';
import { buildZip, DOCUMENT, PASSWORD } from '../testing/archives.ts';
import { createDownloadArchive } from './download-archive.ts';
import { createInspectDelivered } from './inspect-delivered.ts';
import { createPatience, type FetchOnce, obtainArchive } from './obtain-archive.ts';
import { openSpoolFile } from './spool-folder.ts';
import type { Linked, Refused } from './steps.ts';

const ZIP = buildZip([{ name: 'corp.json', content: JSON.stringify(DOCUMENT) }]);
const PATIENCE_MS = 120_000;
const { signal } = new AbortController();
const order = (orderNo = 'DDMON1') => orderWithoutLink({ orderNo });
const LINK: Linked | Refused = {
  kind: 'link',
  link: { url: 'http://files/', password: PASSWORD, unconfirmed: false },
};
const refused = (mayPass: boolean): Linked | Refused => ({
  kind: 'refused',
  reason: 'LINK_UNAVAILABLE',
  message: 'HTTP_503',
  mayPass,
});

let spoolDir: string;
beforeEach(async () => {
  spoolDir = await mkdtemp(join(tmpdir(), 'qcc-fetch-'));
});
afterEach(() => rm(spoolDir, { recursive: true, force: true }));

/** QCC and its file host, as they answer until told otherwise. */
function outside(responses: {
  link?: Linked | Refused;
  download?: DownloadOutcome | DownloadOutcome[];
  error?: Error;
}) {
  let time = 0;
  const now = () => time;
  const spool = { path: spoolDir, files: new Set<string>() };
  const deps = { spool, patience: createPatience({ ms: PATIENCE_MS, now }) };
  const inspect = createInspectDelivered({ limits: { entryMaxBytes: 1_000_000 }, spoolChanges });
  const download = createDownloadArchive({
    async download({ toFile }) {
      if (responses.error) throw responses.error;
      const response = Array.isArray(responses.download) ? responses.download.shift() : responses.download;
      if (response) return response;
      await writeFile(toFile, ZIP);
      return { kind: 'downloaded', bytes: ZIP.length, sha256: createHash('sha256').update(ZIP).digest('hex') };
    },
  });
  const asked: boolean[] = [];
  const fetchOnce: FetchOnce = async ({ trustCallback }) => {
    asked.push(trustCallback);
    const linked = responses.link ?? LINK;
    if (linked.kind === 'refused') return linked;
    await using file = openSpoolFile(spool);
    const downloaded = await download({ order: order(), link: linked.link, file }, signal);
    return downloaded.kind === 'refused' ? downloaded : await inspect({ ...downloaded, file }, signal);
  };
  return {
    fetch: (orderNo?: string) => obtainArchive(deps, order(orderNo), { fetchOnce, readKept: async () => null }),
    spooled: spool.files,
    asked,
    pass: (ms: number) => (time += ms),
    recover: () => Object.assign(responses, { link: LINK, download: undefined }),
  };
}

describe('an order waits while it may be an outage, and is refused once it has taken too long:', () => {
  test.each<[string, Parameters<typeof outside>[0], string]>([
    ['QCC answers 5xx', { link: refused(true) }, 'LINK_UNAVAILABLE'],
    ['the file host answers 5xx', { download: { kind: 'http', status: 503, message: '503' } }, 'DOWNLOAD_FAILED'],
    [
      'the download breaks off',
      { download: { kind: 'network', reason: 'TRUNCATED', message: 'cut off' } },
      'DOWNLOAD_FAILED',
    ],
    [
      "QCC's own link names a host that is not allowed",
      { download: { kind: 'refused', message: 'host x:443 is not among QCC_DOWNLOAD_HOSTS' } },
      'DOWNLOAD_FAILED',
    ],
    [
      'the file host cannot be reached',
      { download: { kind: 'network', reason: 'UNREACHABLE', message: 'connect ECONNREFUSED' } },
      'DOWNLOAD_FAILED',
    ],
  ])('%s', async (_name, responses, reason) => {
    const { fetch, pass } = outside(responses);
    await expect(fetch()).rejects.toThrow(WaitError);
    pass(PATIENCE_MS - 1);
    await expect(fetch()).rejects.toThrow('it may pass');
    pass(1);
    expect(await fetch()).toMatchObject({ kind: 'refused', reason });
  });
});

test('an order is fetched after an outage, and its wait starts again in the next outage', async () => {
  const responses = { link: refused(true) };
  const { fetch, pass, recover } = outside(responses);
  await expect(fetch()).rejects.toThrow(WaitError);
  recover();
  const fetched = await fetch();
  expect(fetched).toMatchObject({ kind: 'inspected', archive: { inspection: { elements: 2 } } });
  if (fetched.kind === 'inspected') await fetched.archive[Symbol.asyncDispose]();
  pass(PATIENCE_MS);
  responses.link = refused(true);
  await expect(fetch()).rejects.toThrow(WaitError);
});

test('an order that has waited in vain delays the others no second time, until it is fetched', async () => {
  const responses = { link: refused(true) };
  const { fetch, pass, recover } = outside(responses);
  await expect(fetch()).rejects.toThrow(WaitError);
  pass(PATIENCE_MS);
  for (let time = 0; time < 3; time += 1) {
    expect(await fetch()).toMatchObject({ kind: 'refused', reason: 'LINK_UNAVAILABLE' });
    pass(1);
  }
  await expect(fetch('DDMON2')).rejects.toThrow(WaitError);
  recover();
  const fetched = await fetch();
  if (fetched.kind === 'inspected') await fetched.archive[Symbol.asyncDispose]();
  responses.link = refused(true);
  await expect(fetch()).rejects.toThrow(WaitError);
});

test('the wait of an order starts again if no fetch was tried for longer than the patience, for example while QCC was unavailable', async () => {
  const { fetch, pass } = outside({ link: refused(true) });
  await expect(fetch()).rejects.toThrow(WaitError);
  pass(PATIENCE_MS + 1);
  await expect(fetch()).rejects.toThrow(WaitError);
  pass(PATIENCE_MS);
  expect(await fetch()).toMatchObject({ kind: 'refused', reason: 'LINK_UNAVAILABLE' });
});

test('what is the order’s own trouble does not wait', async () => {
  const { fetch } = outside({ link: refused(false) });
  expect(await fetch()).toMatchObject({ kind: 'refused', reason: 'LINK_UNAVAILABLE' });
});

describe('a link that the file host answers with 403', () => {
  const expired: DownloadOutcome = { kind: 'expired', message: 'files answered 403' };

  test("is replaced by a fresh one of QCC's own, which may be the same link again", async () => {
    const { fetch, asked } = outside({ download: [expired] });
    const fetched = await fetch();
    expect(fetched).toMatchObject({ kind: 'inspected', archive: { inspection: { elements: 2 } } });
    if (fetched.kind === 'inspected') await fetched.archive[Symbol.asyncDispose]();
    expect(asked).toEqual([true, false]);
  });

  test('twice costs the order, and no third try', async () => {
    const { fetch, asked } = outside({ download: [expired, expired] });
    expect(await fetch()).toMatchObject({
      kind: 'refused',
      reason: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('403'),
    });
    expect(asked).toHaveLength(2);
  });
});

describe('a spool that has no room', () => {
  const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

  test('refuses an order that stays too large although no other is there', async () => {
    const { fetch, pass } = outside({ error: full() });
    await expect(fetch()).rejects.toThrow(WaitError);
    pass(PATIENCE_MS);
    expect(await fetch()).toMatchObject({ kind: 'refused', reason: 'ARCHIVE_TOO_LARGE' });
  });

  test('makes an order wait as long as other orders are there', async () => {
    const { fetch, pass, spooled } = outside({ error: full() });
    spooled.add('another order');
    for (let time = 0; time < 3; time += 1) {
      await expect(fetch()).rejects.toThrow('the spool has no room for order DDMON1 (ENOSPC)');
      pass(PATIENCE_MS);
    }
    spooled.clear();
    await expect(fetch()).rejects.toThrow(WaitError);
  });
});
