import type { Kafka } from 'kafkajs';
import { type AvroCodec, connectCodec } from 'qcc-core/avro/codec';
import { createRegistryProbe } from 'qcc-core/avro/registry-probe';
import { createLogger, kafkajsLogCreator } from 'qcc-core/base/logs';
import { secretValues } from 'qcc-core/base/secret-values';
import { COMMON_SETTINGS, readSettings, type Settings } from 'qcc-core/base/settings';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { explainKafkaFailure } from 'qcc-core/kafka/client/explain-failure';
import { createKafkaProbe, isKafkaRefusal } from 'qcc-core/kafka/client/kafka-probe';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { CommandFailure, type Environment } from './terminal.ts';

export type KafkaSide = { settings: Settings<(typeof COMMON_SETTINGS)[number]>; kafka: Kafka; codec: AvroCodec };

/** Cluster and registry that the environment names; creates no topic and registers nothing. */
export async function connectKafka({ env, watch }: Environment): Promise<KafkaSide> {
  const settings = readSettings(env, COMMON_SETTINGS);
  watch(createKafkaProbe({ settings, clientId: 'qcc-cli' }));
  watch(createRegistryProbe(settings));
  // Only what keeps a command from working is worth a line here.
  const secrets = secretValues(settings);
  const log = createLogger({ service: 'qcc', level: 'error', secrets, destination: process.stderr });
  return {
    settings,
    codec: await connectCodec({ ...settings, SCHEMAS: 'check' }),
    kafka: createKafka({ settings, clientId: 'qcc-cli', logCreator: kafkajsLogCreator(log) }),
  };
}

/** If Kafka refused the client, returns an error that names the setting to check, because the errors of kafkajs name none. */
export function explainRefusal(error: unknown, env: Environment['env']): unknown {
  if (!(error instanceof Error && comesFromKafkajs(error) && isKafkaRefusal(error))) return error;
  const problem = explainKafkaFailure(error, readSettings(env, COMMON_SETTINGS));
  return new CommandFailure(isOfKafkajs(error) ? problem : `${error.message}: ${problem}`);
}

const isOfKafkajs = ({ name }: Error): boolean => name.startsWith('KafkaJS');
const comesFromKafkajs = (error: unknown): boolean =>
  error instanceof Error && (isOfKafkajs(error) || comesFromKafkajs(error.cause));

/** Sends what a command has to say; resolves once it is durable. Creates no topic and registers no schema. */
export async function publish(terminal: Environment, toMessages: (side: KafkaSide) => Outgoing[]): Promise<void> {
  const side = await connectKafka(terminal);
  await using publisher = await openPublisher({ kafka: side.kafka, prefix: side.settings.TOPIC_PREFIX });
  await publisher.publish(toMessages(side));
}
