import { readdirSync } from 'node:fs';
import avsc from 'avsc';
import { AVRO_TOPICS } from 'qcc-core/contract/generated/topics';
import { describe, expect, test } from 'vitest';
import { schemaProblems } from './compare-schemas.ts';
import { firstDifference } from './first-difference.ts';
import { bareSchema, GOLDEN_DIR, type SchemaVersion, schemaVersions } from './schema-versions.ts';

const nameOf = ({ topic, version }: SchemaVersion) => `${topic} ${version}`;
const ALL = new Map(AVRO_TOPICS.map((topic) => [topic, schemaVersions(topic)]));
const EACH = [...ALL.values()].flat();
/** Each version with itself and all others of its topic. */
const PAIRS = EACH.flatMap((reader) =>
  (ALL.get(reader.topic) ?? []).map((writer) => [nameOf(reader), nameOf(writer), reader, writer] as const),
);

test('each topic has a folder, no folder is left over, and no version is missing', () => {
  const folders = readdirSync(GOLDEN_DIR, { withFileTypes: true }).filter((each) => each.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...AVRO_TOPICS].sort());
  for (const versions of ALL.values())
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index + 1));
});

describe('the schema is the newest kept version (else: node_modules/.bin/node scripts/keep-schemas.ts)', () => {
  test.each(AVRO_TOPICS)('%s', (topic) => {
    expect(ALL.get(topic)?.at(-1)?.schema).toEqual(bareSchema(topic));
  });
});

describe('a version may follow each older one', () => {
  const followers = PAIRS.filter(([, , newer, older]) => newer.version > older.version);
  test.each(followers)('%s after %s', (_newer, _older, newer, older) => {
    expect(schemaProblems(older.schema, newer.schema)).toEqual([]);
  });
});

describe('each version reads the bytes of each other', () => {
  test.each(PAIRS)('%s those of %s', (_reader, _writer, reader, writer) => {
    const type = avsc.Type.forSchema(reader.schema);
    const written = avsc.Type.forSchema(writer.schema);
    const resolver = type.createResolver(written);
    expect(writer.bodies.size).toBeGreaterThanOrEqual(2);
    for (const [name, body] of writer.bodies) {
      const value = type.fromBuffer(body, resolver);
      expect([name, firstDifference({ type, value }, written.fromBuffer(body))]).toEqual([name, null]);
    }
  });
});
