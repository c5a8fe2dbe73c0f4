import { readFileSync } from 'node:fs';
import type { Schema } from 'avsc';
import type { TopicValues } from '../contract/generated/topics.ts';

/** A topic (without prefix) whose values are Avro; each has one file in `schemas/`. */
export type AvroTopic = keyof TopicValues;

type SchemaNode = string | SchemaNode[] | { [key: string]: unknown };

const folder = new URL('../../../../schemas/', import.meta.url);
const readSchemaFile = (topic: AvroTopic): SchemaNode =>
  JSON.parse(readFileSync(new URL(`${topic}.avsc`, folder), 'utf8'));

/**
 * The full schema of a topic's value: the file in `schemas/` with `qcc.ChangeRecord`, which two topics carry inside
 * their own record, written out where it is named first. What is registered therefore stands alone.
 */
export function loadSchema(topic: AvroTopic): Schema {
  const shared = topic === 'records' ? undefined : readSchemaFile('records');
  let inlined = false;
  const inline = (node: SchemaNode): SchemaNode => {
    if (node === 'qcc.ChangeRecord' && shared && !inlined) {
      inlined = true;
      return shared;
    }
    if (Array.isArray(node)) return node.map(inline);
    if (typeof node !== 'object') return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        key === 'type' || key === 'items' || key === 'fields' ? inline(value as SchemaNode) : value,
      ]),
    );
  };
  return inline(readSchemaFile(topic)) as Schema;
}
