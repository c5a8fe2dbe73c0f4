import { BlobReader, TextWriter, ZipReader } from '@zip.js/zip.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { bundle } from './bundle.ts';

test('an archive has all files in one folder, with the address and the database of this ClickHouse', async () => {
  const archive = await bundle(
    { 'databases/QCC.yaml': { sqlalchemy_uri: 'placeholder' }, 'datasets/QCC/a.yaml': { schema: 'qcc', on: 'on' } },
    { sqlalchemyUri: 'clickhousedb://analyst@127.0.0.1:18123/other', schema: 'other' },
  );
  const entries = await new ZipReader(new BlobReader(new Blob([archive as Uint8Array<ArrayBuffer>]))).getEntries();
  const files = await Promise.all(
    entries.map(
      async (entry) => [entry.filename, entry.directory ? '' : await entry.getData(new TextWriter())] as const,
    ),
  );
  expect(files.map(([name, text]) => [name, parse(text)])).toEqual([
    ['qcc/databases/QCC.yaml', { sqlalchemy_uri: 'clickhousedb://analyst@127.0.0.1:18123/other' }],
    ['qcc/datasets/QCC/a.yaml', { schema: 'other', on: 'on' }],
  ]);
  // Python's YAML 1.1 would read a plain `on` as true.
  expect(files[1]?.[1]).toContain('"on": "on"');
});
