/** Writes `packages/qcc-core/src/contract/generated/topics.ts` from `schemas/*.avsc`; `renderTypes` alone is what the drift test calls. */
import { readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type AvroTopic, loadSchema } from '../packages/qcc-core/src/avro/schemas.ts';

type Node = string | Node[] | { type: Node; [key: string]: unknown };
type Field = { name: string; type: Node; doc?: string };

const PRIMITIVES: Record<string, string> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Uint8Array',
};
const LOGICAL_DOC: Record<string, string> = {
  date: 'Days since 1970-01-01.',
  'timestamp-millis': 'Milliseconds since the epoch.',
};

/**
 * The TypeScript source of every record type of some topics, each once, and which topic has which.
 * @param topics Default: all of `schemas/`, in the order of the files.
 */
export function renderTypes(topics: readonly AvroTopic[] = allTopics()): string {
  const rendered = new Map<string, string>();
  const values = topics.map((topic) => `  '${topic}': ${typeOf(loadSchema(topic) as Node, rendered)};\n`);
  return [
    '// Generated from schemas/*.avsc by scripts/generate-types.ts; do not edit.\n',
    ...rendered.values(),
    '/** The topics (without prefix) whose values are Avro. */',
    `export const AVRO_TOPICS = [\n${topics.map((topic) => `  '${topic}',\n`).join('')}] as const;\n`,
    `export type TopicValues = {\n${values.join('')}};\n`,
  ].join('\n');
}

function allTopics(): AvroTopic[] {
  const files = readdirSync(new URL('../schemas/', import.meta.url)).filter((file) => file.endsWith('.avsc'));
  return files.sort().map((file) => basename(file, '.avsc') as AvroTopic);
}

function typeOf(node: Node, rendered: Map<string, string>): string {
  if (typeof node === 'string') return PRIMITIVES[node] ?? node.replace(/^.*\./, '');
  if (Array.isArray(node)) return node.map((branch) => typeOf(branch, rendered)).join(' | ');
  switch (node.type) {
    case 'record':
      return renderRecord(node as { name: string; doc?: string; fields: Field[]; type: 'record' }, rendered);
    case 'array': {
      const items = typeOf(node.items as Node, rendered);
      return items.includes('|') ? `(${items})[]` : `${items}[]`;
    }
    case 'map':
      return `Record<string, ${typeOf(node.values as Node, rendered)}>`;
    case 'fixed':
      return 'Uint8Array';
    default:
      return typeOf(node.type, rendered);
  }
}

function renderRecord(record: { name: string; doc?: string; fields: Field[] }, rendered: Map<string, string>): string {
  if (!rendered.has(record.name)) {
    const lines = record.fields.map((field) => {
      const doc = [field.doc, logicalDoc(field.type)].filter(Boolean).join(' ');
      return `${doc ? `  /** ${doc} */\n` : ''}  ${field.name}: ${typeOf(field.type, rendered)};\n`;
    });
    rendered.set(
      record.name,
      `${record.doc ? `/** ${record.doc} */\n` : ''}export type ${record.name} = {\n${lines.join('')}};\n`,
    );
  }
  return record.name;
}

function logicalDoc(node: Node): string {
  if (Array.isArray(node)) return node.map(logicalDoc).find(Boolean) ?? '';
  return typeof node === 'object' && typeof node.logicalType === 'string' ? (LOGICAL_DOC[node.logicalType] ?? '') : '';
}

if (import.meta.main) {
  writeFileSync(new URL('../packages/qcc-core/src/contract/generated/topics.ts', import.meta.url), renderTypes());
}
