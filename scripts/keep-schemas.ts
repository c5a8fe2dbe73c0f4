/**
 * `node_modules/.bin/node scripts/keep-schemas.ts`: keeps each schema of `schemas/` that changed as the next version in `test/golden`,
 * with bytes that are written with it. It refuses a schema that may not follow all kept versions, and never changes a kept one.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import avsc from 'avsc';
import { AVRO_TOPICS } from 'qcc-core/contract/generated/topics';
import { schemaProblems } from './contract/compare-schemas.ts';
import { sampleValue } from './contract/sample-value.ts';
import { bareSchema, schemaVersions, versionDir } from './contract/schema-versions.ts';

for (const topic of AVRO_TOPICS) {
  const schema = bareSchema(topic);
  const kept = schemaVersions(topic);
  const newest = kept.at(-1);
  if (JSON.stringify(newest?.schema) === JSON.stringify(schema)) continue;
  const problems = kept.flatMap((older) =>
    schemaProblems(older.schema, schema).map((problem) => `${topic}, after version ${older.version}: ${problem}`),
  );
  if (problems.length > 0) {
    for (const problem of problems) console.error(problem);
    process.exitCode = 1;
    continue;
  }
  const version = (newest?.version ?? 0) + 1;
  const dir = versionDir({ topic, version });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'schema.avsc'), `${JSON.stringify(schema, null, 2)}\n`);
  const type = avsc.Type.forSchema(schema);
  for (const fill of ['full', 'empty'] as const)
    writeFileSync(join(dir, `${fill}.bin`), type.toBuffer(sampleValue(type, fill)));
  console.log(`${topic}: kept as version ${version}`);
}
