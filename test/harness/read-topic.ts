import type { KafkaMessage } from 'kafkajs';
import { readTopic as readEach } from 'qcc-core/kafka/client/read-topic';
import { createQuietKafka } from './quiet-kafka.ts';

/**
 * Everything that stands committed on a topic at the time of the call, as a `read_committed` subscriber sees it.
 * @param brokers separated by commas, as in `KAFKA_BROKERS`
 */
export async function readTopic(brokers: string, topic: string): Promise<(KafkaMessage & { partition: number })[]> {
  const kafka = createQuietKafka(brokers);
  const messages: (KafkaMessage & { partition: number })[] = [];
  await readEach({
    kafka,
    topic,
    prefix: 'test.',
    onMessage: (message, partition) => void messages.push(Object.assign(message, { partition })),
  });
  return messages;
}
