import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Schema } from 'avsc';
import { type AvroTopic, loadSchema } from 'qcc-core/avro/schemas';
import { ROOT } from '../../stack/places.ts';

/** A folder for each topic, and in it one for each version of its schema. */
export const GOLDEN_DIR = join(ROOT, 'test/golden');

/** A version of a topic's schema, and bodies (values without the header of the wire format) that were written with it. */
export type SchemaVersion = { topic: AvroTopic; version: number; schema: Schema; bodies: ReadonlyMap<string, Buffer> };

export const versionDir = ({ topic, version }: Pick<SchemaVersion, 'topic' | 'version'>): string =>
  join(GOLDEN_DIR, topic, String(version));

/** All versions that were kept, the oldest first. */
export function schemaVersions(topic: AvroTopic): SchemaVersion[] {
  const folder = join(GOLDEN_DIR, topic);
  if (!existsSync(folder)) return [];
  const versions = readdirSync(folder)
    .map(Number)
    .sort((a, b) => a - b);
  return versions.map((version) => {
    const dir = versionDir({ topic, version });
    const files = readdirSync(dir).filter((file) => file.endsWith('.bin'));
    return {
      topic,
      version,
      schema: JSON.parse(readFileSync(join(dir, 'schema.avsc'), 'utf8')) as Schema,
      bodies: new Map(files.map((file) => [basename(file, '.bin'), readFileSync(join(dir, file))])),
    };
  });
}

/** A topic's schema as it is kept: whole, and without its documentation, which may change at any time. */
export const bareSchema = (topic: AvroTopic): Schema => withoutDoc(loadSchema(topic)) as Schema;

function withoutDoc(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutDoc);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => key !== 'doc');
  return Object.fromEntries(kept.map(([key, value]) => [key, key === 'default' ? value : withoutDoc(value)]));
}
