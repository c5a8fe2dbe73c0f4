import { type AvroCodec, connectCodec } from 'qcc-core/avro/codec';
import { createKafka } from 'qcc-core/kafka/connect';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { openPublisher } from 'qcc-core/kafka/publisher';
import { createLogger, kafkajsLogCreator } from 'qcc-core/logs';
import type { KAFKA_SETTINGS, Settings } from 'qcc-core/settings';

/** Sends what a command has to say; resolves once it is durable. Registers no schema. */
export async function publish(
  settings: Settings<(typeof KAFKA_SETTINGS)[number]>,
  toMessages: (codec: AvroCodec) => Outgoing[],
): Promise<void> {
  // Only what keeps the command from working is worth a line here.
  const log = createLogger({ service: 'qcc', level: 'error', secrets: [] });
  const codec = await connectCodec({ ...settings, SCHEMAS: 'check' });
  const kafka = createKafka({ settings, clientId: 'qcc-cli', logCreator: kafkajsLogCreator(log) });
  await using publisher = await openPublisher({ kafka, prefix: settings.TOPIC_PREFIX });
  await publisher.publish(toMessages(codec));
}
