import { connectCodec } from 'qcc-core/avro/codec';
import { avroType } from 'qcc-core/avro/types';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { inject } from 'vitest';
import { openFleet } from '../harness/instances.ts';
import { makeMigratedDatabase } from '../harness/migrated-database.ts';
import { openTestBed } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { type RecordFields, recordRow } from './sink-database.ts';
import { produce } from './topic-reader.ts';

/** A sink on topics and a database of its own, to which a test sends records. */
export async function openSink(env: Readonly<Record<string, string>> = {}) {
  await using opened = new AsyncDisposableStack();
  const stack = inject('stack');
  const bed = opened.use(await openTestBed({ stack, env: { ACCOUNT: 'main', ...env } }));
  await makeMigratedDatabase(bed.clickhouse, bed.database);
  const { prefix } = bed;
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  const fleet = opened.use(openFleet(bed));
  const startSink = async () => {
    const sink = await fleet.start('sink');
    await sink.ready();
    return sink;
  };
  const sink = await startSink();
  const sendBytes = (partition: number, ...values: Buffer[]) =>
    produce(
      kafka,
      prefix,
      values.map((value) => ({ topic: TOPICS.enrichedRecords, key: 'k1', value, partition })),
    );
  const kept = opened.move();
  return {
    bed,
    kafka,
    codec,
    fleet,
    sink,
    /** Another one, ready. */
    startSink,
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
    messagesOn: (topic: { name: string }) => readTopic(stack.KAFKA_BROKERS, `${prefix}${topic.name}`),
    deadLetters: () => readTopic(stack.KAFKA_BROKERS, `${prefix}${TOPICS.deadLetters.name}`),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
