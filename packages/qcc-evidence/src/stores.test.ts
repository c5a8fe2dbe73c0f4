import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { EVIDENCE_SETTINGS, readSettings, SettingsError } from 'qcc-core/base/settings';
import { startFakeS3 } from 'qcc-core/testing/fake-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFolderStore } from './folder-store.ts';
import { initEvidenceStore } from './init-store.ts';
import { nameEvidenceStore, openEvidenceStore } from './open-store.ts';
import { openS3Store } from './s3-store.ts';
import { EvidenceError, type EvidenceStore } from './store.ts';

const BUCKET = 'evidence';
const KEYS = { accessKeyId: 'access', secretAccessKey: 'secret-canary' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-evidence-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Opened = AsyncDisposable & { store: EvidenceStore };

/**
 * Every store keeps the same promises. A real S3 server is tried, too, where one is named:
 * `QCC_TEST_S3='ENDPOINT BUCKET ACCESS_KEY SECRET'`.
 */
const STORES: [string, () => Promise<Opened>][] = [
  [
    'a folder',
    async () => {
      const store = openFolderStore(join(folder, randomUUID()));
      await store.make();
      return { store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
    },
  ],
  [
    'an S3 bucket',
    async () => {
      const s3 = await startFakeS3(BUCKET);
      const store = openS3Store({ bucket: BUCKET, prefix: 'qcc', region: 'r', endpoint: s3.url, credentials: KEYS });
      return {
        store,
        async [Symbol.asyncDispose]() {
          await store[Symbol.asyncDispose]();
          await s3[Symbol.asyncDispose]();
        },
      };
    },
  ],
];
const real = process.env.QCC_TEST_S3?.split(' ');
if (real) {
  STORES.push([
    'the named S3 server',
    async () => {
      const [endpoint, bucket = '', accessKeyId = '', secretAccessKey = ''] = real;
      const credentials = { accessKeyId, secretAccessKey };
      const store = openS3Store({ bucket, prefix: randomUUID(), region: 'us-east-1', endpoint, credentials });
      return { store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
    },
  ]);
}

const read = async (store: EvidenceStore, key: string) => {
  const content = await store.get(key);
  return content && (await buffer(content)).toString();
};
const keysOf = async (store: EvidenceStore, prefix: string) =>
  (await Array.fromAsync(store.list(prefix))).map(({ key }) => key).sort();

describe.each(STORES)('%s', (_name, open) => {
  test('gives back what was put, and puts anew over it', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put('a/b.json', Buffer.from('first'));
    await store.put('a/b.json', Buffer.from('zweite 第二'));
    expect(await read(store, 'a/b.json')).toBe('zweite 第二');
    expect(await store.has('a/b.json')).toBe(true);
  });

  test('takes a file of several chunks byte for byte', async () => {
    await using opened = await open();
    const content = Buffer.alloc(3_000_000, 'archive');
    const file = join(folder, `${randomUUID()}.zip`);
    await writeFile(file, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    await opened.store.put('a.zip', { file, bytes: content.length, sha256 });
    expect((await read(opened.store, 'a.zip')) === content.toString()).toBe(true);
  });

  test('has nothing where nothing was put, or it was deleted', async () => {
    await using opened = await open();
    const { store } = opened;
    expect([await store.get('a'), await store.has('a'), await keysOf(store, 'a/')]).toEqual([null, false, []]);
    await store.put('a', Buffer.from('x'));
    await store.delete('a');
    await store.delete('a');
    expect([await store.get('a'), await store.has('a')]).toEqual([null, false]);
  });

  test('lists what begins with a prefix, however many, with sizes and times', async () => {
    await using opened = await open();
    const { store } = opened;
    for (const key of ['x/a/1-a', 'x/a/1-b', 'x/a/2', 'x/ab/1', 'y/a/1']) await store.put(key, Buffer.from('four'));
    expect(await keysOf(store, 'x/')).toEqual(['x/a/1-a', 'x/a/1-b', 'x/a/2', 'x/ab/1']);
    expect(await keysOf(store, 'x/a/')).toEqual(['x/a/1-a', 'x/a/1-b', 'x/a/2']);
    expect(await keysOf(store, 'x/a/1-')).toEqual(['x/a/1-a', 'x/a/1-b']);
    const [first] = await Array.fromAsync(store.list('y/'));
    expect(first).toMatchObject({ key: 'y/a/1', bytes: 4 });
    expect(first?.putAt).toBeGreaterThan(0);
  });

  test.each(['../a', 'a/../b', '/a', 'a//b', '', 'a/.b', 'a\\b', 'a\0b'])('%j is no key', async (key) => {
    await using opened = await open();
    await expect(opened.store.put(key, Buffer.from('x'))).rejects.toThrow(RangeError);
    await expect(opened.store.get(key)).rejects.toThrow(RangeError);
  });
});

describe('a folder that does not do its work', () => {
  test('is unavailable, says what to check, and keeps no half of an object', async () => {
    const root = join(folder, randomUUID());
    await mkdir(join(root, 'a', 'b.json'), { recursive: true });
    const store = openFolderStore(root);
    // A folder stands where the object would go.
    const failure = await store.put('a/b.json', Buffer.from('x')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EvidenceError);
    expect(failure).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('EVIDENCE_URL') });
    expect(await readdir(join(root, 'a'))).toEqual(['b.json']);
  });

  test('does not list what a crash left half written', async () => {
    const root = join(folder, randomUUID());
    const store = openFolderStore(root);
    await store.make();
    await store.put('a/b.json', Buffer.from('x'));
    await writeFile(join(root, 'a', 'c.json.0815.tmp'), 'half');
    expect(await keysOf(store, 'a/')).toEqual(['a/b.json']);
  });

  test('is readable by its owner alone', async () => {
    const root = join(folder, randomUUID());
    const store = openFolderStore(root);
    await store.make();
    await store.put('a/b.json', Buffer.from('x'));
    const modes = await Promise.all([root, join(root, 'a'), join(root, 'a/b.json')].map((path) => stat(path)));
    expect(modes.map(({ mode }) => mode & 0o077)).toEqual([0, 0, 0]);
  });
});

describe('a store that is not there', () => {
  const url = (path: string) => readSettings({ EVIDENCE_URL: `file:${path}` }, EVIDENCE_SETTINGS);
  const NOT_THERE = /there is no evidence store in .*: mount its volume or correct EVIDENCE_URL.*qcc evidence init/;
  const OTHER =
    /is not an evidence store: other things are in it; mount its volume or correct EVIDENCE_URL.*qcc evidence init/;

  test.each([
    ['a mistyped path', async () => join(folder, randomUUID())],
    ['the bare folder of a volume that is not mounted', async () => mkdtemp(join(folder, 'mount-'))],
  ])('%s is refused, nothing is made or kept there, and init makes it', async (_name, place) => {
    const path = await place();
    const before = await readdir(path).catch(() => null);
    await expect(openEvidenceStore(url(path))).rejects.toThrow(NOT_THERE);
    await expect(openFolderStore(path).put('archives/a', Buffer.from('x'))).rejects.toThrow(NOT_THERE);
    expect(await readdir(path).catch(() => null)).toEqual(before);
    expect(await initEvidenceStore({ EVIDENCE_URL: `file:${path}` })).toBe(path);
    await (await openEvidenceStore(url(path))).put('archives/a', Buffer.from('x'));
  });

  test('a folder with other contents is refused, says so, and init makes a store in it', async () => {
    const path = await mkdtemp(join(folder, 'other-'));
    await mkdir(join(path, 'log'));
    await expect(openEvidenceStore(url(path))).rejects.toThrow(OTHER);
    await expect(openFolderStore(path).put('archives/a', Buffer.from('x'))).rejects.toThrow(OTHER);
    expect(await readdir(path)).toEqual(['log']);
    await initEvidenceStore({ EVIDENCE_URL: `file:${path}` });
    await (await openEvidenceStore(url(path))).put('archives/a', Buffer.from('x'));
  });

  test.each(['archives', 'answers', 'erasures'])('one that was in use before is there by its %s', async (top) => {
    const path = join(folder, randomUUID());
    await mkdir(join(path, top), { recursive: true });
    await (await openEvidenceStore(url(path))).put('answers/a', Buffer.from('x'));
  });

  test('a volume that goes while the store is open is noticed by whoever keeps something', async () => {
    const path = join(folder, randomUUID());
    const store = openFolderStore(path);
    await store.make();
    await store.put('archives/a', Buffer.from('x'));
    await rm(path, { recursive: true });
    await mkdir(path);
    await expect(store.put('archives/b', Buffer.from('x'))).rejects.toThrow(NOT_THERE);
  });

  test('an empty prefix of a bucket is refused, so is one with other contents, and a bucket that cannot be asked now is waited for', async () => {
    await using s3 = await startFakeS3(BUCKET);
    const env = {
      EVIDENCE_URL: `s3://${BUCKET}/mistyped`,
      EVIDENCE_S3_ENDPOINT: s3.url,
      EVIDENCE_S3_REGION: 'r',
      EVIDENCE_S3_ACCESS_KEY_ID: KEYS.accessKeyId,
      EVIDENCE_S3_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    };
    const settings = readSettings(env, EVIDENCE_SETTINGS);
    await expect(openEvidenceStore(settings)).rejects.toThrow(NOT_THERE);
    s3.fail = 403;
    await using _unknown = await openEvidenceStore(settings);
    s3.fail = undefined;
    await using other = await nameEvidenceStore(settings);
    await other.put('log/a', Buffer.from('x'));
    await expect(openEvidenceStore(settings)).rejects.toThrow(OTHER);
    await other.put('answers/a', Buffer.from('x'));
    await using _inUse = await openEvidenceStore(settings);
    await other.delete('answers/a');
    await initEvidenceStore(env);
    await using _made = await openEvidenceStore(settings);
  });
});

describe('a bucket that does not do its work', () => {
  test.each([
    ['answers with errors', BUCKET, 503],
    ['refuses the keys', BUCKET, 403],
    ['is not there', 'other', undefined],
  ])('and %s is unavailable, without a word of its secret', async (_name, bucket, fail) => {
    await using s3 = await startFakeS3(BUCKET);
    s3.fail = fail;
    await using store = openS3Store({ bucket, prefix: '', region: 'r', endpoint: s3.url, credentials: KEYS });
    for (const action of [() => store.put('a', Buffer.from('x')), () => store.get('a'), () => keysOf(store, 'a')]) {
      const failure = await action().catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'EvidenceError', kind: 'unavailable' });
      expect(String(failure)).toContain('EVIDENCE_S3_');
      expect(String(failure)).not.toContain('canary');
    }
  });
});

describe('EVIDENCE_URL', () => {
  const open = async (EVIDENCE_URL: string) => nameEvidenceStore(readSettings({ EVIDENCE_URL }, EVIDENCE_SETTINGS));

  test.each([
    ['file:///var/lib/evidence', '/var/lib/evidence'],
    ['file:.stack/evidence', '.stack/evidence'],
    ['s3://bucket', 's3://bucket/'],
    ['s3://bucket/a/b/', 's3://bucket/a/b/'],
  ])('%s is %s', async (url, place) => {
    await using store = await open(url);
    expect(store.place).toBe(place);
  });

  test.each([
    ['EVIDENCE_S3_SECRET_ACCESS_KEY', { EVIDENCE_S3_ACCESS_KEY_ID: KEYS.accessKeyId }],
    ['EVIDENCE_S3_ACCESS_KEY_ID', { EVIDENCE_S3_SECRET_ACCESS_KEY: KEYS.secretAccessKey }],
  ])('a login without %s is refused, not ignored', async (missing, half) => {
    const settings = readSettings({ EVIDENCE_URL: `s3://${BUCKET}`, ...half }, EVIDENCE_SETTINGS);
    const refused = nameEvidenceStore(settings).then((store) => store[Symbol.asyncDispose]());
    await expect(refused).rejects.toThrow(SettingsError);
    await expect(refused).rejects.toThrow(new RegExp(`${missing} missing: .* are set together or not at all`));
    await expect(refused).rejects.not.toThrow('canary');
  });

  test.each(['/var/lib/evidence', 's3://', 'https://bucket', 'file:'])('%s is none', async (url) => {
    await expect(open(url)).rejects.toThrow('EVIDENCE_URL');
  });
});
