import type { Kafka } from 'kafkajs';
import { type AvroCodec, connectCodec } from 'qcc-core/avro/codec';
import { createRegistryProbe } from 'qcc-core/avro/registry-probe';
import { createLogger, kafkajsLogCreator } from 'qcc-core/base/logs';
import { secretValues } from 'qcc-core/base/secret-values';
import { COMMON_SETTINGS, readSettings, type Settings } from 'qcc-core/base/settings';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { createKafkaProbe } from 'qcc-core/kafka/client/kafka-probe';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { Environment } from './terminal.ts';

export type KafkaSide = { settings: Settings<(typeof COMMON_SETTINGS)[number]>; kafka: Kafka; codec: AvroCodec };

/** Cluster and registry that the environment names; creates no topic and registers nothing. */
export async function connectKafka({ env, watch }: Environment): Promise<KafkaSide> {
  const settings = readSettings(env, COMMON_SETTINGS);
  watch(createKafkaProbe({ settings, clientId: 'qcc-cli' }));
  watch(createRegistryProbe(settings));
  // Only what keeps a command from working is worth a line here.
  const log = createLogger({ service: 'qcc', level: 'error', secrets: secretValues(settings) });
  return {
    settings,
    codec: await connectCodec({ ...settings, SCHEMAS: 'check' }),
    kafka: createKafka({ settings, clientId: 'qcc-cli', logCreator: kafkajsLogCreator(log) }),
  };
}

/** Sends what a command has to say; resolves once it is durable. Creates no topic and registers no schema. */
export async function publish(terminal: Environment, toMessages: (side: KafkaSide) => Outgoing[]): Promise<void> {
  const side = await connectKafka(terminal);
  await using publisher = await openPublisher({ kafka: side.kafka, prefix: side.settings.TOPIC_PREFIX });
  await publisher.publish(toMessages(side));
}
