import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type ArchiveSource, inspectArchive } from './inspect-archive.ts';
import { cutElement } from './read-elements.ts';
import { rewriteArchive } from './rewrite-archive.ts';
import { buildZip, PASSWORD, spool } from './testing/archives.ts';

const sourceOf = (file: string): ArchiveSource => ({ file, password: PASSWORD, limits: { entryMaxBytes: 10_000_000 } });
const HUGE = `{"id":"${'x'.repeat(1_100_000)}"}`;
const ELEMENTS = ['{"id":"张三","n":12345678901234567890}', '{"id":1e}', HUGE, '{"id":"b"}'];
const archive = () =>
  buildZip([
    {
      name: 'corp.json',
      content: `{"totalSize":"4"," result":[${ELEMENTS.join(', ')}],"pushDate":"2021-03-16 18:52:26"}`,
    },
  ]);

async function elementsOf(source: ArchiveSource): Promise<string[]> {
  const limits = { ...source.limits, maxElementBytes: 2_000_000 };
  const elements = await Promise.all(ELEMENTS.map((_, position) => cutElement({ ...source, limits }, position)));
  return elements.map((element) => (element?.kind === 'element' ? element.content.toString() : ''));
}

it('an element is changed in its place; the others, bad and huge ones too, and the envelope stay as they were', async () => {
  await using before = await spool(archive());
  const toFile = `${before.file}.new`;
  const change = (content: Buffer) => (content.includes('张三') ? '{"id":"gone"}' : null);
  const rewritten = await rewriteArchive(sourceOf(before.file), { toFile, change });
  const bytes = await readFile(toFile);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(rewritten).toEqual({ sha256, bytes: bytes.length, changed: 1 });

  expect(await elementsOf(sourceOf(toFile))).toEqual(['{"id":"gone"}', ...ELEMENTS.slice(1)]);
  const { plaintextSha256: _one, ...after } = await inspectArchive(sourceOf(toFile));
  const { plaintextSha256: _other, ...original } = await inspectArchive(sourceOf(before.file));
  expect(after).toEqual(original);
});

it('an element that is too large to be looked into leaves a stub that is refused as it was, once', async () => {
  await using before = await spool(archive());
  const toFile = `${before.file}.new`;
  const source = sourceOf(before.file);
  const limits = { ...source.limits, maxElementBytes: 1_000_000 };
  const change = (content: Buffer) => (content.includes('张三') ? '{"id":"gone"}' : null);
  expect(await rewriteArchive({ ...source, limits }, { toFile, change })).toMatchObject({ changed: 2 });
  const [, , stub] = await elementsOf(sourceOf(toFile));
  expect(stub).toMatch(/^\{".*": ?"a record of 1100009 bytes/);
  const { rejected, elements } = await inspectArchive(source);
  expect(await inspectArchive(sourceOf(toFile))).toMatchObject({ rejected, elements });
  expect(await rewriteArchive({ ...sourceOf(toFile), limits }, { toFile: `${toFile}2`, change })).toBeNull();
});

it('where nothing changes no archive is written', async () => {
  await using before = await spool(archive());
  const toFile = `${before.file}.new`;
  expect(await rewriteArchive(sourceOf(before.file), { toFile, change: () => null })).toBeNull();
  await expect(readFile(toFile)).rejects.toThrow('ENOENT');
});

it.each([
  ['holds its records elsewhere', '{"pushDate":"2021-03-16 18:52:26","data":[{"id":"张三"}]}', 'ARCHIVE_JSON_DAMAGED'],
  ['is cut off inside a record', '{"pushDate":"2021-03-16 18:52:26","result":[{"id":"张三', 'ARCHIVE_JSON_DAMAGED'],
  ['is cut off behind a record', '{"pushDate":"2021-03-16 18:52:26","result":[{"id":"张三"}', 'ARCHIVE_JSON_DAMAGED'],
  [
    'is no JSON around its records',
    '{"pushDate":"2021-03-16 18:52:26","result":[{"id":"张三"}],}',
    'ARCHIVE_JSON_DAMAGED',
  ],
])('a document that %s has not been looked through, whatever was found in it', async (_what, content, code) => {
  await using before = await spool(buildZip([{ name: 'corp.json', content }]));
  const toFile = `${before.file}.new`;
  for (const change of [() => null, () => '{}'])
    await expect(rewriteArchive(sourceOf(before.file), { toFile, change })).rejects.toMatchObject({ code });
});
