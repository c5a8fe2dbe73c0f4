import avsc, { type Schema } from 'avsc';
import { expect, test } from 'vitest';
import { missingFields } from './missing-fields.ts';
import { loadSchema } from './schemas.ts';

type Field = { name: string; type: unknown; default?: unknown };
type RecordSchema = { fields: Field[] };
const NEW: Field = { name: 'newField', type: ['null', 'string'], default: null };

const typeOf = (schema: unknown) => avsc.Type.forSchema(schema as Schema);
const enriched = (change: (schema: RecordSchema) => unknown = () => {}) => {
  const schema = structuredClone(loadSchema('enriched-records')) as unknown as RecordSchema;
  change(schema);
  return typeOf(schema);
};

test('a writer with the same fields loses nothing', () => {
  expect(missingFields(enriched(), enriched())).toEqual([]);
});

test('a writer with fewer fields loses nothing', () => {
  expect(
    missingFields(
      enriched(),
      enriched(({ fields }) => fields.push(NEW)),
    ),
  ).toEqual([]);
});

test('a new field is found at the top and in a record within', () => {
  const newer = enriched(({ fields }) => {
    (fields[0]!.type as RecordSchema).fields.push(NEW);
    fields.push(NEW);
  });
  expect(missingFields(newer, enriched())).toEqual(['record.newField', 'newField']);
});

test.each<[string, (inner: unknown) => unknown]>([
  ['a union', (inner) => ['null', inner]],
  ['an array', (items) => ({ type: 'array', items })],
  ['a map', (values) => ({ type: 'map', values })],
  ['an array of a union', (inner) => ({ type: 'array', items: ['null', inner] })],
])('a new field is found in a record in %s', (_, wrap) => {
  const outer = (fields: Field[]) =>
    typeOf({
      type: 'record',
      name: 'Outer',
      fields: [{ name: 'inner', type: wrap({ type: 'record', name: 'Inner', fields }) }],
    });
  const known = { name: 'known', type: 'string' };
  expect(missingFields(outer([known, NEW]), outer([known]))).toEqual(['inner.newField']);
});
