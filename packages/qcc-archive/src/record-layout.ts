import type { Schema } from 'avsc';
import { loadSchema } from 'qcc-core/avro/schemas';
import { DOCUMENT_FIELDS } from './read-change.ts';

export type RecordField = { name: string; type: Schema };

type Layout = readonly (readonly [name: string, type: string])[];

/** The fields that a change consists of, in the order in which `transcode-element.ts` writes their bytes. */
const CHANGE: Layout = [
  ...DOCUMENT_FIELDS.flatMap((name): Layout => {
    switch (name) {
      case 'id':
      case 'corpKeyNo':
      case 'type':
        return [[name, 'string']];
      case 'changeExtend':
        return [
          [name, 'null or string'],
          ['eventDate', 'null or int'],
        ];
      case 'changeDate':
        return [[name, 'null or int']];
      default:
        return [[name, 'null or string']];
    }
  }),
  ['extra', 'map of string'],
];

/** The fields that `encode-change.ts` and `transcode-element.ts` rely on; avsc encodes later fields by their names. */
const LAYOUT: Layout = [
  ['account', 'string'],
  ...CHANGE,
  ['orderNo', 'string'],
  ['revision', 'int'],
  ['position', 'int'],
];

/**
 * The fields of `schemas/records.avsc`. Their bytes are written without the names, so a field that was moved, renamed or
 * given another type would silently become part of another one.
 * @throws Error that names the first field that is not as the encoders write it.
 */
export function recordFields(schema: Schema = loadSchema('records')): readonly RecordField[] {
  const { fields } = schema as unknown as { fields: readonly RecordField[] };
  for (const [at, [name, type]] of LAYOUT.entries()) {
    const field = fields[at];
    const found = field ? `${field.name} (${describeType(field.type)})` : 'no field';
    const expected = `${name} (${type})`;
    if (found !== expected)
      throw new Error(
        `schemas/records.avsc has ${found} at index ${at}, where the extractor writes ${expected}: change encode-change.ts, transcode-element.ts and record-layout.ts together with the schema`,
      );
  }
  return fields;
}

function describeType(type: unknown): string {
  if (Array.isArray(type)) return type.map(describeType).join(' or ');
  if (typeof type !== 'object' || type === null) return String(type);
  const { type: name, values } = type as { type: unknown; values?: unknown };
  return values === undefined ? describeType(name) : `${describeType(name)} of ${describeType(values)}`;
}
