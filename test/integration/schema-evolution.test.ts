import { randomUUID } from 'node:crypto';
import { COMPATIBILITY, SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import avsc, { type Schema } from 'avsc';
import { connectCodec } from 'qcc-core/avro/codec';
import { AVRO_TOPICS } from 'qcc-core/contract/generated/topics';
import { expect, inject, test } from 'vitest';
import { BASE, CHANGES } from '../../scripts/contract/changes.ts';
import { firstDifference } from '../../scripts/contract/first-difference.ts';
import { bareSchema, schemaVersions } from '../../scripts/contract/schema-versions.ts';

const openRegistry = () => new SchemaRegistry({ host: inject('stack').SCHEMA_REGISTRY_URL, retry: { retries: 0 } });

/** As the codec does it. @returns the schema's id */
async function register(registry: SchemaRegistry, subject: string, schema: Schema): Promise<number> {
  const confluent = { type: 'AVRO', schema: JSON.stringify(schema) } as never;
  return (await registry.register(confluent, { subject, compatibility: COMPATIBILITY.FULL_TRANSITIVE })).id;
}

test.each(CHANGES)('%s: the registry takes what the table says', async (_name, changed, registryTakes) => {
  const registry = openRegistry();
  const subject = `${randomUUID()}-value`;
  await register(registry, subject, BASE);
  const registered = register(registry, subject, changed);
  if (registryTakes) expect(await registered).toBeGreaterThan(0);
  else await expect(registered).rejects.toMatchObject({ status: 409 });
});

test('the registry takes all kept versions one after the other, and the services read the bytes of each', async () => {
  const registry = openRegistry();
  const prefix = `evolution_${randomUUID().slice(0, 8)}.`;
  const written = [];
  for (const topic of AVRO_TOPICS)
    for (const version of schemaVersions(topic))
      written.push({ ...version, id: await register(registry, `${prefix}${topic}-value`, version.schema) });
  const codec = await connectCodec({
    SCHEMA_REGISTRY_URL: inject('stack').SCHEMA_REGISTRY_URL,
    SCHEMA_REGISTRY_USERNAME: undefined,
    SCHEMA_REGISTRY_PASSWORD: undefined,
    SCHEMA_REGISTRY_CA_FILE: undefined,
    SCHEMAS: 'apply',
    TOPIC_PREFIX: prefix,
  });
  for (const { topic, id, schema, bodies } of written) {
    const header = Buffer.alloc(5);
    header.writeInt32BE(id, 1);
    const type = avsc.Type.forSchema(bareSchema(topic));
    for (const body of bodies.values()) {
      const value = await codec.decode(topic, Buffer.concat([header, body]));
      expect([topic, firstDifference({ type, value }, avsc.Type.forSchema(schema).fromBuffer(body))]).toEqual([
        topic,
        null,
      ]);
    }
  }
  expect(written.length).toBeGreaterThan(AVRO_TOPICS.length);
});
