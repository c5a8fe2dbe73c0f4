/** Writes `packages/qcc-subscriber/src/generated/` from `schemas/*.avsc` and the folders of the detail endpoints; a test compares. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AvroTopic, loadSchema } from '../packages/qcc-core/src/avro/schemas.ts';
import {
  columnOf,
  type DetailField,
  type DetailList,
  type FieldKind,
  firstFields,
  laterColumnOf,
  laterFields,
} from '../packages/qcc-details/src/detail-endpoint.ts';
import { DETAIL_ENDPOINTS } from '../packages/qcc-details/src/generated/all.ts';
import { ROOT } from '../stack/places.ts';
import { renderTypes } from './generate-types.ts';

/** What a subscriber decodes. */
const TOPICS: readonly AvroTopic[] = ['enriched-records', 'records', 'portfolio', 'erased-records'];
const BY = 'by scripts/generate-subscriber.ts; do not edit.';

type Node = string | Node[] | { [key: string]: unknown };

/** File below the root → what it has to hold. */
export const SUBSCRIBER_FILES: Readonly<Record<string, () => string>> = {
  'packages/qcc-subscriber/src/generated/topics.ts': () =>
    renderTypes(TOPICS).replace(/by scripts\/generate-types\.ts; do not edit\./, BY),
  'packages/qcc-subscriber/src/generated/schemas.ts': renderSchemas,
  'packages/qcc-subscriber/src/generated/snapshot-columns.ts': renderSnapshotColumns,
};

function renderSchemas(): string {
  const schemas = Object.fromEntries(TOPICS.map((topic) => [topic, withoutDocs(loadSchema(topic) as Node)]));
  return `// Generated from schemas/*.avsc ${BY}

/** The schemas that values are read with, without their documentation. */
export const SCHEMAS = ${JSON.stringify(schemas, null, 2)} as const;
`;
}

function withoutDocs(node: Node): Node {
  if (Array.isArray(node)) return node.map(withoutDocs);
  if (typeof node !== 'object') return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => key !== 'doc')
      .map(([key, value]) => [key, typeof value === 'object' && value !== null ? withoutDocs(value as Node) : value]),
  );
}

type Field = { name: string; type: Node };

function renderSnapshotColumns(): string {
  const { fields } = loadSchema('enriched-records') as { fields: Field[] };
  const record = (fields.find(({ name }) => name === 'record')!.type as { fields: Field[] }).fields;
  const lists = new Map(DETAIL_ENDPOINTS.map(({ list }) => [list.name, list]));
  const columns = [...record, ...fields.filter(({ name }) => name !== 'record')].map((field) => {
    const list = lists.get(field.name);
    return `${list ? listValue(list) : value(field)} AS ${field.name}`;
  });
  return `// Generated from schemas/enriched-records.avsc and the detail endpoints ${BY}

/** The columns of the view \`records\` (as \`r\`), each as the field of the message that it came from. */
export const SNAPSHOT_COLUMNS = \`
${columns.join(',\n').replaceAll('\\', '\\\\').replaceAll('`', '\\`')}
\`;
`;
}

/** Days and instants as numbers, as they are in the message; the version as a decimal number. */
function value({ name, type }: Field): string {
  const column = `r.${columnOf(name)}`;
  const logical = logicalType(type);
  if (logical === 'date') return `toInt32(${column})`;
  if (logical === 'timestamp-millis') return `toUnixTimestamp64Milli(${column})`;
  return name === 'version' ? `toString(${column})` : column;
}

function logicalType(type: Node): string | undefined {
  if (Array.isArray(type)) return type.map(logicalType).find(Boolean);
  return typeof type === 'object' ? (type.logicalType as string | undefined) : undefined;
}

const JSON_TYPES: Readonly<Record<FieldKind, string>> = {
  id: 'String',
  text: 'Nullable(String)',
  day: 'Nullable(Int32)',
  instant: 'Nullable(Int64)',
  amount: 'Nullable(String)',
};

/** A list of details: a tuple for each row. The tuple also has the later fields, each of which has a separate column. */
function listValue(list: DetailList): string {
  const column = `r.${columnOf(list.name)}`;
  const fields = [
    ...firstFields(list).map((field) => ({ field, from: `x.${columnOf(field.name)}` })),
    // Rows of earlier versions have empty arrays there, and an item that is not there is null.
    ...laterFields(list).map((field) => ({ field, from: `r.${laterColumnOf(list, field)}[n]` })),
  ];
  const values = fields.map(({ field, from }) => `\n    ${converted(field, from)}`).join(',');
  const types = fields.map(({ field }) => `${field.name} ${JSON_TYPES[field.kind]}`).join(', ');
  return `arrayMap((x, n) -> CAST((${values}\n  ), 'Tuple(${types})'), ${column}, arrayEnumerate(${column}))`;
}

function converted({ kind }: DetailField, from: string): string {
  if (kind === 'day') return `toInt32(${from})`;
  if (kind === 'instant') return `toUnixTimestamp64Milli(${from})`;
  return kind === 'amount' ? `toString(${from})` : from;
}

if (import.meta.main) {
  for (const [file, render] of Object.entries(SUBSCRIBER_FILES)) writeFileSync(join(ROOT, file), render());
}
