import type { Schema } from 'avsc';
import { loadSchema } from 'qcc-core/avro/schemas';
import { expect, test } from 'vitest';
import { type RecordField, recordFields } from './record-layout.ts';

const schema = loadSchema('records') as unknown as { fields: RecordField[] };
const withFields = (change: (fields: RecordField[]) => RecordField[]): Schema =>
  ({ ...schema, fields: change(structuredClone(schema.fields)) }) as unknown as Schema;
const indexOf = (name: string) => schema.fields.findIndex((field) => field.name === name);

test('the schema of records has the fields that the encoders write, in their order', () => {
  expect(recordFields()).toEqual(schema.fields);
});

test('a new field behind the last one is accepted', () => {
  const added = withFields((fields) => [...fields, { name: 'score', type: ['null', 'string'] as unknown as Schema }]);
  expect(recordFields(added)).toHaveLength(schema.fields.length + 1);
});

test.each<[string, (fields: RecordField[]) => RecordField[], string]>([
  [
    'two fields that changed places',
    (fields) => fields.toSpliced(indexOf('creditCode'), 2, fields[indexOf('regNo')]!, fields[indexOf('creditCode')]!),
    'has regNo (null or string) at index 13, where the extractor writes creditCode (null or string)',
  ],
  [
    'a field that was moved to the end',
    (fields) => [...fields.toSpliced(indexOf('eventDate'), 1), fields[indexOf('eventDate')]!],
    'has changeDate (null or int) at index 10, where the extractor writes eventDate (null or int)',
  ],
  [
    'a field that was renamed',
    (fields) => fields.with(indexOf('corpKeyNo'), { ...fields[indexOf('corpKeyNo')]!, name: 'keyNo' }),
    'has keyNo (string) at index 2, where the extractor writes corpKeyNo (string)',
  ],
  [
    'a field that may be null now',
    (fields) => fields.with(indexOf('type'), { name: 'type', type: ['null', 'string'] as unknown as Schema }),
    'has type (null or string) at index 4, where the extractor writes type (string)',
  ],
  [
    'a union in the other order',
    (fields) => fields.with(indexOf('corpName'), { name: 'corpName', type: ['string', 'null'] as unknown as Schema }),
    'has corpName (string or null) at index 3, where the extractor writes corpName (null or string)',
  ],
  [
    'a new field between the others',
    (fields) => fields.toSpliced(indexOf('extra'), 0, { name: 'score', type: 'string' }),
    'has score (string) at index 15, where the extractor writes extra (map of string)',
  ],
  [
    'a field that is gone',
    (fields) => fields.slice(0, indexOf('position')),
    'has no field at index 18, where the extractor writes position (int)',
  ],
])('%s is refused with its name and its place', (_, change, message) => {
  expect(() => recordFields(withFields(change))).toThrow(message);
});
