/** The lists of details in `schemas/enriched-records.avsc`, in the style of the files of that folder. */
import {
  type DetailField,
  type DetailList,
  type FieldKind,
  fieldsOf,
} from '../../packages/qcc-details/src/detail-endpoint.ts';

const TYPES: Readonly<Record<FieldKind, unknown>> = {
  id: 'string',
  text: ['null', 'string'],
  day: ['null', { type: 'int', logicalType: 'date' }],
  instant: ['null', { type: 'long', logicalType: 'timestamp-millis' }],
  amount: ['null', 'string'],
};

/**
 * The schema with these lists between `detailsTruncated` and `version`, instead of the lists that are there. Each list has a default, so
 * older readers and writers keep working. All other text stays as it is.
 */
export function withLists(schema: string, lists: readonly DetailList[]): string {
  const match =
    /^([\s\S]*?"name": "detailsTruncated".*\n)(?: {4}\{\n[\s\S]*?\n {4}\},\n)*( {4}\{ "name": "version"[\s\S]*)$/.exec(
      schema,
    );
  if (!match)
    throw new Error('the schema of enriched-records has no place for lists between detailsTruncated and version');
  return [match[1], ...lists.map(renderList), match[2]].join('');
}

const renderList = (list: DetailList): string => `    {
      "name": ${JSON.stringify(list.name)},
      "doc": ${JSON.stringify(list.doc)},
      "default": [],
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": ${JSON.stringify(list.rowName)},
          "fields": [
${fieldsOf(list)
  .map((field) => `            ${inOneLine(toAvro(field))}`)
  .join(',\n')}
          ]
        }
      }
    },
`;

const toAvro = ({ name, kind, comment, doc = comment }: DetailField) => ({
  name,
  type: TYPES[kind],
  ...(kind !== 'id' && { default: null }),
  doc,
});

/** JSON with a blank behind each comma and colon, and inside braces. */
function inOneLine(node: unknown): string {
  if (Array.isArray(node)) return `[${node.map(inOneLine).join(', ')}]`;
  if (typeof node !== 'object' || node === null) return JSON.stringify(node);
  const members = Object.entries(node).map(([name, value]) => `${JSON.stringify(name)}: ${inOneLine(value)}`);
  return `{ ${members.join(', ')} }`;
}
