import type { Schema } from 'avsc';
import { loadSchema } from 'qcc-core/avro/schemas';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

type Field = { name: string; type: Schema };
const schema = loadSchema('records') as unknown as { fields: Field[] };

/** What both encoders would write into other fields than those of the schema. */
const CHANGES: readonly [name: string, change: (fields: Field[]) => Field[], message: string][] = [
  [
    'two fields that changed places',
    ([account, id, corpKeyNo, ...rest]) => [account!, corpKeyNo!, id!, ...rest],
    'schemas/records.avsc has corpKeyNo (string) at index 1, where the extractor writes id (string)',
  ],
  [
    'a field that was renamed',
    (fields) => fields.map((field) => (field.name === 'corpName' ? { ...field, name: 'companyName' } : field)),
    'schemas/records.avsc has companyName (null or string) at index 3, where the extractor writes corpName (null or string)',
  ],
  [
    'a field that is gone',
    (fields) => fields.slice(0, -1).filter(({ name }) => name !== 'position'),
    'where the extractor writes position (int)',
  ],
];

beforeEach(() => vi.resetModules());
afterEach(() => vi.doUnmock('qcc-core/avro/schemas'));

function changeSchema(change: (fields: Field[]) => Field[]): void {
  vi.doMock('qcc-core/avro/schemas', async (importOriginal) => ({
    ...(await importOriginal<object>()),
    loadSchema: () => ({ ...schema, fields: change(structuredClone(schema.fields)) }),
  }));
}

describe.each([
  ['encode-change.ts', () => import('./encode-change.ts')],
  ['transcode-element.ts', () => import('./transcode-element.ts')],
])('%s', (_file, load) => {
  test.each(CHANGES)('cannot be loaded with a schema that has %s', async (_name, change, message) => {
    changeSchema(change);
    await expect(load()).rejects.toThrow(message);
  });

  test('is loaded with the schema as it is', async () => {
    await expect(load()).resolves.toBeDefined();
  });
});
