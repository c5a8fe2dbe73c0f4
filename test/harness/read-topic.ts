import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { readTopic as readEach } from 'qcc-core/kafka/client/read-topic';

/** Everything that stands committed on a topic at the time of the call, as a `read_committed` subscriber sees it. */
export async function readTopic(brokers: string, topic: string): Promise<KafkaMessage[]> {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
  const messages: KafkaMessage[] = [];
  await readEach({ kafka, topic, prefix: 'test.', onMessage: (message) => void messages.push(message) });
  return messages;
}
