import { randomUUID } from 'node:crypto';
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import avsc, { type Schema } from 'avsc';
import { connectCodec, NewerSchemaError, RegistryError } from 'qcc-core/avro/codec';
import { loadSchema } from 'qcc-core/avro/schemas';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import { createHealth } from 'qcc-core/base/health';
import { createLogger } from 'qcc-core/base/logs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { ChangeRecord } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { openTable } from 'qcc-core/kafka/exactly-once/table';
import { changeRecord } from 'qcc-core/testing/change-record';
import { openErasureList } from 'qcc-evidence/erasure/erasure-list';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { expect, inject, test } from 'vitest';
import { startRegistryProxy } from './registry-proxy.ts';
import { produce } from './topic-reader.ts';

const stack = inject('stack');
const settings = readSettings({ ...stack, TOPIC_PREFIX: `unreadable-${randomUUID()}.` }, COMMON_SETTINGS);
/** In the wire format, under a schema that nobody has registered. */
const FOREIGN = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 0]);

test('a message under a schema that the registry does not know is unreadable, and no fault of the registry', async () => {
  const codec = await connectCodec(settings);
  await expect(codec.decode('coverage', FOREIGN)).rejects.toThrow(UndecodableError);
  await expect(codec.body('enriched-records', FOREIGN)).rejects.toThrow(
    /the schema registry knows no schema 2147483647/,
  );
});

/** A message of a later version, which has one more field in a record. */
async function writeAsNewer(record: ChangeRecord): Promise<Buffer> {
  const schema = structuredClone(loadSchema('records')) as { fields: object[] };
  schema.fields.push({ name: 'newField', type: ['null', 'string'], default: null });
  const registry = new SchemaRegistry({ host: settings.SCHEMA_REGISTRY_URL });
  const confluent = { type: SchemaType.AVRO as const, schema: JSON.stringify(schema) };
  const subject = `${settings.TOPIC_PREFIX}records-value`;
  const { id } = await registry.register(confluent, { subject, compatibility: COMPATIBILITY.FULL_TRANSITIVE });
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, avsc.Type.forSchema(schema as Schema).toBuffer({ ...record, newField: 'kept' })]);
}

test('a record of a newer version is not passed on without its new fields, and is no bad message', async () => {
  const codec = await connectCodec(settings);
  const record = changeRecord();
  const bytes = await writeAsNewer(record);
  const passedOn = Promise.resolve(codec.body('records', bytes));
  await expect(passedOn).rejects.toThrow(NewerSchemaError);
  await expect(passedOn).rejects.toThrow(/newer version wrote records .*: newField. Upgrade this service/);
  expect(await codec.decode('records', bytes)).toEqual(await codec.decode('records', codec.encode('records', record)));
});

test('a batch of such messages asks the registry once, not for each', async () => {
  await using proxy = await startRegistryProxy(stack.SCHEMA_REGISTRY_URL);
  const codec = await connectCodec({ ...settings, SCHEMA_REGISTRY_URL: proxy.url });
  proxy.asked.length = 0;
  for (let count = 0; count < 100; count += 1) {
    await expect(codec.decode('coverage', FOREIGN)).rejects.toThrow(UndecodableError);
  }
  // A question is repeated some times, in case the registry learns of the schema late.
  expect(proxy.asked.filter((url) => url.includes('2147483647')).length).toBeLessThan(50);
});

test('if a proxy in front of the registry answers 404 for everything, the registry is at fault and not the message', async () => {
  await using proxy = await startRegistryProxy(stack.SCHEMA_REGISTRY_URL);
  const codec = await connectCodec({ ...settings, SCHEMA_REGISTRY_URL: proxy.url });
  proxy.refuse = () => 404;
  await expect(codec.decode('coverage', FOREIGN)).rejects.toThrow(RegistryError);
});

test('a value that nobody can read is passed over, and those behind it are read', async () => {
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  const topic = TOPICS.detailGate;
  const entry = {
    account: 'main',
    state: 'OPEN',
    since: 1,
    class: null,
    reason: null,
    message: null,
    until: null,
    by: 'test',
  };
  const send = (key: string, value: Buffer | null) => produce(kafka, settings.TOPIC_PREFIX, [{ topic, key, value }]);
  await send('foreign', FOREIGN);
  await send('readable', codec.encode('detail-gate', entry));
  await using table = await openTable({
    kafka,
    topic,
    prefix: settings.TOPIC_PREFIX,
    group: `${settings.TOPIC_PREFIX}test`,
    sessionTimeoutMs: 6_000,
    health: createHealth({ parts: [] }),
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
    decode: (bytes) => codec.decode('detail-gate', bytes),
  });
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    await table.catchUp(partition, (marker) => produce(kafka, settings.TOPIC_PREFIX, [marker]));
  }
  expect(table.get('readable')).toMatchObject({ state: 'OPEN' });
  expect(table.get('foreign')).toBeUndefined();
});

test('if the handler of a message throws, the reading of the topic ends with its error', async () => {
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const codec = await connectCodec(settings);
  const { TOPIC_PREFIX: prefix } = settings;
  const key = Buffer.alloc(32, 1).toString('base64');
  const subject = createErasureKey(key).describe({ account: 'main', company: 'k1' });
  const value = codec.encode('erasures', { ...subject, at: 1, reason: 'test', decidedBy: 'test' });
  const topic = TOPICS.erasures;
  await produce(kafka, prefix, [
    { topic, key: 'unreadable', value: FOREIGN },
    { topic, key: 'readable', value },
  ]);
  const told: string[] = [];
  const reading = readTopic({
    kafka,
    prefix,
    topic: topicName(prefix, topic),
    onMessage: (message) => {
      told.push(String(message.key));
      throw new RangeError('not this one');
    },
  });
  await expect(reading).rejects.toThrow(RangeError);
  expect(told).toEqual(['unreadable']);

  const away = new RegistryError('the schema registry is away');
  const isAway = { decode: () => Promise.reject(away) };
  // An erasure that cannot be read must not be taken for none: what was erased would come back.
  await expect(openErasureList({ kafka, prefix, codec: isAway, key })()).rejects.toBe(away);
  await expect(openErasureList({ kafka, prefix, codec, key })()).rejects.toThrow(UndecodableError);
  await produce(kafka, prefix, [{ topic, key: 'unreadable', value: null }]);
});
