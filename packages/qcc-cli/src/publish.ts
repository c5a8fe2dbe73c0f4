import { openPublisher } from 'qcc-core/kafka/client/publisher';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { connectKafka, type KafkaSide } from './connect-kafka.ts';
import type { Surroundings } from './terminal.ts';

/** Sends what a command has to say; resolves once it is durable. Creates no topic and registers no schema. */
export async function publish(terminal: Surroundings, toMessages: (side: KafkaSide) => Outgoing[]): Promise<void> {
  const side = await connectKafka(terminal);
  await using publisher = await openPublisher({ kafka: side.kafka, prefix: side.settings.TOPIC_PREFIX });
  await publisher.publish(toMessages(side));
}
