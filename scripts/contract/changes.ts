import type { Schema } from 'avsc';

type Field = { name: string; type: unknown; default?: unknown; aliases?: string[] };

/** What a message may look like: a text, an instant, a list of records, an enum, a fixed. */
const FIELDS: readonly Field[] = [
  { name: 'orderNo', type: 'string' },
  { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  { name: 'note', type: ['null', 'string'], default: null },
  { name: 'count', type: 'int', default: 0 },
  { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] }, default: 'A' },
  { name: 'version', type: { type: 'fixed', name: 'Version', size: 32 } },
  {
    name: 'rows',
    default: [],
    type: { type: 'array', items: { type: 'record', name: 'Row', fields: [{ name: 'id', type: 'string' }] } },
  },
];

const schema = (fields: readonly Field[]): Schema =>
  ({ type: 'record', name: 'Message', namespace: 'qcc', fields }) as unknown as Schema;
/** A change of one field; null takes it out. */
const change = (name: string, changed: Partial<Field> | null): Schema =>
  schema(
    FIELDS.flatMap((field) => (field.name === name ? (changed === null ? [] : [{ ...field, ...changed }]) : [field])),
  );
const rowsOf = (fields: readonly Field[]) => ({ type: 'array', items: { type: 'record', name: 'Row', fields } });

export const BASE = schema(FIELDS);

/**
 * Possible changes to a schema. `registryTakes`: whether a registry with FULL_TRANSITIVE accepts the change. `problem`: the objection of
 * our rule, or null if it allows the change.
 */
export const CHANGES: readonly [name: string, changed: Schema, registryTakes: boolean, problem: RegExp | null][] = [
  ['a new field with a default', schema([...FIELDS, { name: 'x', type: 'int', default: 1 }]), true, null],
  [
    'a new field that may be null',
    schema([...FIELDS, { name: 'x', type: ['null', 'int'], default: null }]),
    true,
    null,
  ],
  [
    'a new field in the middle',
    schema([...FIELDS.slice(0, 2), { name: 'x', type: 'int', default: 1 }, ...FIELDS.slice(2)]),
    true,
    null,
  ],
  ['another order of fields', schema([...FIELDS].reverse()), true, null],
  [
    'a new field of a row, with a default',
    change('rows', {
      type: rowsOf([
        { name: 'id', type: 'string' },
        { name: 'x', type: 'string', default: '' },
      ]),
    }),
    true,
    null,
  ],
  [
    'a new field without a default',
    schema([...FIELDS, { name: 'x', type: 'int' }]),
    false,
    /new readers cannot read old/,
  ],
  [
    'a new field of a row, without a default',
    change('rows', {
      type: rowsOf([
        { name: 'id', type: 'string' },
        { name: 'x', type: 'string' },
      ]),
    }),
    false,
    /new readers cannot read old/,
  ],
  [
    'a removed field without a default',
    change('orderNo', null),
    false,
    /readers of today cannot read new[\s\S]*orderNo is gone/,
  ],
  ['a removed field with a default', change('note', null), true, /^the field note is gone$/],
  [
    'a removed field of a row',
    change('rows', { type: rowsOf([{ name: 'x', type: 'string', default: '' }]) }),
    false,
    /rows\[\]\.id is gone/,
  ],
  ['a renamed field', change('orderNo', { name: 'number' }), false, /orderNo is gone/],
  [
    'a renamed field with an alias',
    change('note', { name: 'remark', aliases: ['note'] }),
    true,
    /the field note is gone/,
  ],
  ['another type', change('count', { type: 'string', default: '' }), false, /new readers cannot read old/],
  ['a wider number', change('count', { type: 'long' }), false, /readers of today cannot read new/],
  ['a narrower number', change('at', { type: 'int' }), false, /new readers cannot read old/],
  [
    'null allowed where it was not',
    change('orderNo', { type: ['string', 'null'] }),
    false,
    /readers of today cannot read new/,
  ],
  ['null no longer allowed', change('note', { type: 'string', default: '' }), false, /new readers cannot read old/],
  [
    'a third branch of a union',
    change('note', { type: ['null', 'string', 'int'] }),
    false,
    /readers of today cannot read new/,
  ],
  [
    'a default taken away',
    change('count', { default: undefined }),
    true,
    /the default of count changes from 0 to none/,
  ],
  ['another default', change('count', { default: 1 }), true, /the default of count changes from 0 to 1/],
  [
    'another unit',
    change('at', { type: { type: 'long', logicalType: 'timestamp-micros' } }),
    true,
    /the logicalType of at changes/,
  ],
  [
    'a longer fixed',
    change('version', { type: { type: 'fixed', name: 'Version', size: 33 } }),
    false,
    /new readers cannot read old/,
  ],
  [
    'a new value of an enum',
    change('kind', { type: { type: 'enum', name: 'Kind', symbols: ['A', 'B', 'C'] } }),
    false,
    /readers of today cannot read new/,
  ],
  [
    'a removed value of an enum',
    change('kind', { type: { type: 'enum', name: 'Kind', symbols: ['A'] } }),
    false,
    /new readers cannot read old/,
  ],
];
