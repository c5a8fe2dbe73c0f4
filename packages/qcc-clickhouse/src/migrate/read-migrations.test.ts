import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readMigrations } from './read-migrations.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  await mkdir(join(folder, 'columns'));
  await writeFile(join(folder, 'columns/thing.sql'), 'a String');
  await writeFile(join(folder, '002_b.sql'), 'second');
  await writeFile(join(folder, '001_a.sql'), 'first ({{columns thing}})\n;\n');
});
afterEach(() => rm(folder, { recursive: true }));

const checksums = () => readMigrations(folder).map(({ checksum }) => checksum);

it('lists the migrations in the order of their numbers', () => {
  expect(readMigrations(folder).map(({ name }) => name)).toEqual(['001_a', '002_b']);
});

it("changes a migration's checksum with a shared list of columns, and no other's", async () => {
  const [first, second] = checksums();
  await writeFile(join(folder, 'columns/thing.sql'), 'a UInt8');
  expect(checksums()).toEqual([expect.not.stringMatching(first!), second]);
});

it('keeps the checksum when a checkout turns line ends into CRLF', async () => {
  const before = checksums();
  await writeFile(join(folder, '001_a.sql'), 'first ({{columns thing}})\r\n;\r\n');
  expect(checksums()).toEqual(before);
});
