import { connectCodec } from 'qcc-core/avro/codec';
import { avroType } from 'qcc-core/avro/types';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { expect, inject, test, vi } from 'vitest';
import { openFleet } from '../harness/instances.ts';
import { PATIENCE } from '../harness/patience.ts';
import { openTestBed } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { startRegistryProxy } from './registry-proxy.ts';
import { debtor, type RecordFields, recordRow } from './sink-database.ts';
import { produce } from './topic-reader.ts';

const stack = inject('stack');

/** A sink on topics and a database of its own, to which a test sends records. */
async function openSink(env: Readonly<Record<string, string>> = {}) {
  await using opened = new AsyncDisposableStack();
  const bed = opened.use(await openTestBed({ stack, env: { ACCOUNT: 'main' } }));
  const { prefix } = bed;
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  const fleet = opened.use(openFleet(bed));
  const sink = await fleet.start('sink', { ...env });
  await sink.ready();
  const sendBytes = (partition: number, ...values: Buffer[]) =>
    produce(
      kafka,
      prefix,
      values.map((value) => ({ topic: TOPICS.enrichedRecords, key: 'k1', value, partition })),
    );
  const kept = opened.move();
  return {
    sink,
    sendBytes,
    send: (partition: number, ...records: RecordFields[]) =>
      sendBytes(
        partition,
        ...records.map((each) =>
          codec.encode('enriched-records', avroType('enriched-records').fromBuffer(recordRow(each).body)),
        ),
      ),
    idsIn: async (table: 'record_history' | 'change_log') =>
      (await bed.query<{ id: string }>(`SELECT id FROM {{db}}.${table} FINAL ORDER BY id`)).map(({ id }) => id),
    deadLetters: () => readTopic(stack.KAFKA_BROKERS, `${prefix}${TOPICS.deadLetters.name}`),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

test('a record that ClickHouse refuses becomes one dead letter, and the others are in the tables for analysts', async () => {
  await using bed = await openSink();
  const refused = { id: 'refused', position: 1, type: '11', dishonestDebtors: [debtor({ amount: 'viel' })] };
  await bed.send(0, { id: 'before', position: 0 }, refused, { id: 'after', position: 2 });
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toEqual(['after', 'before']), PATIENCE);
  // The derive group has committed the refused record by the time that it derives a later one.
  await bed.send(0, { id: 'later', position: 3 });
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toContain('later'), PATIENCE);
  expect(await bed.idsIn('record_history')).toEqual(['after', 'before', 'later']);
  expect(await bed.deadLetters()).toHaveLength(1);
});

/** In the wire format, under a schema that nobody has registered. */
const SCHEMA_ID = 0x7f_ff_ff_ff;
const FOREIGN = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 0]);

test('while the history is stuck in one partition, the records of the others reach the tables for analysts', async () => {
  await using registry = await startRegistryProxy(stack.SCHEMA_REGISTRY_URL);
  registry.refuse = (path) => (path.includes(String(SCHEMA_ID)) ? 503 : undefined);
  await using bed = await openSink({ SCHEMA_REGISTRY_URL: registry.url });
  await bed.sendBytes(0, FOREIGN);
  await bed.send(0, { id: 'behind', position: 0 });
  await vi.waitFor(async () => expect(await bed.sink.problems()).toContain('schema registry'), PATIENCE);
  await bed.send(1, { id: 'elsewhere', position: 1 });
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toEqual(['elsewhere']), PATIENCE);

  registry.refuse = () => undefined;
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toEqual(['behind', 'elsewhere']), PATIENCE);
  expect(await bed.deadLetters()).toHaveLength(1);
});
