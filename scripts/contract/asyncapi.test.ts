import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { Parser } from '@asyncapi/parser';
import avsc from 'avsc';
import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { ROOT } from '../../stack/places.ts';
import { CONTRACT_MESSAGES, contractMessages, isAvroTopic, type PublicTopic } from './contract-messages.ts';

const FILE = join(ROOT, 'docs/asyncapi.yaml');
const PUBLIC = Object.values<TopicSpec>(TOPICS).filter(({ visibility }) => visibility === 'public');

async function diagnose(text: string): Promise<string[]> {
  const parser = new Parser();
  parser.registerSchemaParser(AvroSchemaParser());
  const { document, diagnostics } = await parser.parse(text);
  const problems = diagnostics.map(
    ({ severity, code, path, message }) => `${severity} ${code} ${path.join('.')}: ${message}`,
  );
  return document ? problems : [...problems, 'no document'];
}

test('the document is valid AsyncAPI 3, without errors, warnings or hints', async () => {
  expect(await diagnose(await readFile(FILE, 'utf8'))).toEqual([]);
});

test.each<[string, (text: string) => string]>([
  ['a channel that does not exist', (text) => text.replace('#/channels/orders"', '#/channels/order"')],
  [
    'a reference to a message that does not exist',
    (text) => text.replace('#/components/messages/orders"', '#/components/messages/order"'),
  ],
])('%s is found', async (_name, spoil) => {
  const text = await readFile(FILE, 'utf8');
  const spoilt = spoil(text);
  expect(spoilt).not.toBe(text);
  expect(await diagnose(spoilt)).not.toEqual([]);
});

test('each public topic is in it, with key, partitions, retention and size, and no other', async () => {
  const { channels } = parseYaml(await readFile(FILE, 'utf8'));
  expect(Object.keys(channels).sort()).toEqual(PUBLIC.map(({ name }) => name).sort());
  for (const { name, partitions, cleanup, retentionMs, maxMessageBytes } of PUBLIC)
    expect(channels[name].bindings.kafka).toMatchObject({
      ...{ topic: name, partitions },
      topicConfiguration: {
        'cleanup.policy': [cleanup],
        'retention.ms': retentionMs,
        'max.message.bytes': maxMessageBytes,
      },
    });
});

/** A value of an example as avsc wants it: bytes stand there as texts. */
function fromJson(type: avsc.Type, value: unknown): unknown {
  const { types: avro } = avsc;
  if (type instanceof avro.FixedType) return Buffer.from(String(value), 'latin1');
  if (type instanceof avro.RecordType) {
    const members = value as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(members).map(([name, member]) => {
        const field = type.fields.find((each) => each.name === name);
        return [name, field ? fromJson(field.type, member) : member];
      }),
    );
  }
  return value;
}

test.each(Object.keys(CONTRACT_MESSAGES) as PublicTopic[])(
  'the examples of %s are the kept bytes, by the schema in the document',
  async (topic) => {
    const { components } = parseYaml(await readFile(FILE, 'utf8'));
    const { payload, examples } = components.messages[topic];
    const messages = contractMessages()[topic];
    expect(messages.map(({ name }) => name)).toEqual(CONTRACT_MESSAGES[topic]);
    expect(examples).toHaveLength(messages.length);
    for (const [index, { key, value }] of messages.entries()) {
      expect(key).not.toBe('');
      const bytes = isAvroTopic(topic)
        ? encodeExample(avsc.Type.forSchema(payload.schema), examples[index].payload)
        : Buffer.from(examples[index].payload);
      expect(bytes.toString('base64')).toBe(value);
    }
  },
);

test('an example that is not of its schema does not encode', async () => {
  const { components } = parseYaml(await readFile(FILE, 'utf8'));
  const { payload, examples } = components.messages['enriched-records'];
  const type = avsc.Type.forSchema(payload.schema);
  expect(() => encodeExample(type, { ...examples[0].payload, detailStatus: 7 })).toThrow('invalid "string": 7');
});

const encodeExample = (type: avsc.Type, payload: unknown): Buffer => type.toBuffer(fromJson(type, payload));

test('no example holds a link or a clear password', () => {
  for (const messages of Object.values(contractMessages()))
    for (const { value, headers } of messages) {
      const text = `${Buffer.from(value, 'base64').toString('latin1')}${JSON.stringify(headers)}`;
      expect(text).not.toMatch(/https?:|e2e_|simulator/);
    }
});
