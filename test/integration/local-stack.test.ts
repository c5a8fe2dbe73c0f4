import { randomUUID } from 'node:crypto';
import { createClient } from '@clickhouse/client';
import { Kafka, logLevel } from 'kafkajs';
import { askWhileSpreading } from 'qcc-core/kafka/client/ask-while-spreading';
import { expect, inject, test } from 'vitest';
import { createQuietKafka } from '../harness/quiet-kafka.ts';

const stack = inject('stack');
const name = `stack-${randomUUID()}`;

test('Kafka carries a transaction to a read_committed consumer', async () => {
  const kafka = createQuietKafka(stack.KAFKA_BROKERS);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }], waitForLeaders: false });
  await askWhileSpreading(() => admin.fetchTopicOffsets(name));
  const producer = kafka.producer({ transactionalId: name, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const aborted = await producer.transaction();
  await aborted.send({ topic: name, messages: [{ value: 'aborted' }] });
  await aborted.abort();
  const committed = await producer.transaction();
  await committed.send({ topic: name, messages: [{ key: '腾讯', value: 'committed' }] });
  await committed.commit();
  await producer.disconnect();

  const consumer = kafka.consumer({ groupId: name });
  await consumer.connect();
  await consumer.subscribe({ topic: name, fromBeginning: true });
  const first = await new Promise<string>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => resolve(String(message.value));
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  await admin.disconnect();
  expect(first).toBe('committed');
});

test('Kafka makes no topic that nobody created', async () => {
  const producer = new Kafka({
    brokers: stack.KAFKA_BROKERS.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 1 },
  }).producer({ allowAutoTopicCreation: true });
  await producer.connect();
  await expect(producer.send({ topic: `${name}-unknown`, messages: [{ value: '' }] })).rejects.toThrow();
  await producer.disconnect();
});

test('the registry keeps a schema, and refuses one that is not compatible both ways', async () => {
  const register = (fields: string[]) =>
    fetch(`${stack.SCHEMA_REGISTRY_URL}/subjects/${name}-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({
        schema: JSON.stringify({
          type: 'record',
          name: 'Sample',
          fields: fields.map((field) => ({ name: field, type: 'string' })),
        }),
      }),
    });
  const accepted = await register(['id']);
  expect(accepted.status).toBe(200);
  const { id } = (await accepted.json()) as { id: number };
  const found = await fetch(`${stack.SCHEMA_REGISTRY_URL}/schemas/ids/${id}`);
  expect(await found.json()).toMatchObject({ schema: expect.stringContaining('Sample') });
  expect((await register(['id', 'withoutDefault'])).status).toBe(409);
});

test('ClickHouse stores rows and returns them', async () => {
  const database = `stack_${randomUUID().replaceAll('-', '')}`;
  await using client = createClient({ url: stack.CLICKHOUSE_URL });
  await client.command({ query: `CREATE DATABASE ${database}` });
  await client.command({
    query: `CREATE TABLE ${database}.sample (id UInt64, name String, version UInt256) ENGINE = ReplacingMergeTree(version) ORDER BY id`,
  });
  await client.insert({
    table: `${database}.sample`,
    format: 'JSONEachRow',
    values: [
      { id: 1, name: '旧名称', version: '1' },
      { id: 1, name: '企查查科技股份有限公司', version: '2' },
    ],
  });
  const rows = await client.query({ query: `SELECT name FROM ${database}.sample FINAL`, format: 'JSONEachRow' });
  expect(await rows.json()).toEqual([{ name: '企查查科技股份有限公司' }]);
  await client.command({ query: `DROP DATABASE ${database}` });
});
