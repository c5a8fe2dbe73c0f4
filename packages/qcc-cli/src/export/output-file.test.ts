import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { writeWhole } from './output-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-output-'));
  return () => rm(folder, { recursive: true });
});

test.each<[what: string, path: () => string, message: RegExp]>([
  ['a device', () => '/dev/null', /\/dev\/null is a link, a pipe or a device: name a file/],
  ['a link', () => join(folder, 'latest.csv'), /latest\.csv is a link, a pipe or a device: name a file/],
  ['standard output', () => '-', /name a file: an export cannot be written to standard output/],
  ['nothing', () => '', /name a file/],
  ['a folder', () => folder, /is a folder: name a file in it/],
  ['a folder that does not exist', () => `${join(folder, 'new')}/`, /is a folder: name a file in it/],
])('%s is not replaced by a file, and nothing is asked before that is said', async (_, path, message) => {
  await writeFile(join(folder, 'old.csv'), 'old');
  await symlink('old.csv', join(folder, 'latest.csv'));
  const write = () => Promise.reject(new Error('asked'));
  await expect(writeWhole(path(), true, write)).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual(['latest.csv', 'old.csv']);
});

test('two that write the same file at once do not touch the unfinished file of the other', async () => {
  const path = join(folder, 'a.csv');
  const paths = await Promise.all(
    ['one', 'other'].map((text) =>
      writeWhole(path, true, async (temporary) => {
        await writeFile(temporary, text, { flag: 'wx' });
        return temporary;
      }),
    ),
  );
  expect(new Set(paths).size).toBe(2);
  expect(await readdir(folder)).toEqual(['a.csv']);
});
