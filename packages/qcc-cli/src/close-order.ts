import type { OrderClosure } from 'qcc-core/domain';
import { readTopic } from 'qcc-core/kafka/read-topic';
import { TOPICS, topicName } from 'qcc-core/kafka/topics';
import type { KafkaSide } from './connect-kafka.ts';
import { openFencedWriter } from './fenced-writer.ts';

const closureKey = ({ account, orderNo, revision }: Pick<OrderClosure, 'account' | 'orderNo' | 'revision'>): string =>
  [account, orderNo, revision].join('|');

/**
 * States on `order-closures` that a person has closed an order. The first closure of a revision stays, however many people
 * close it: writers go one after the other and read earlier closures first. It is stated again then, so that a database
 * that was made anew has it, too.
 * @returns the closure that holds, and whether it is the given one.
 */
export async function closeOrder(
  kafkaSide: KafkaSide,
  closure: OrderClosure,
): Promise<{ closure: OrderClosure; isFirst: boolean }> {
  const { kafka, codec, settings } = kafkaSide;
  const prefix = settings.TOPIC_PREFIX;
  const key = closureKey(closure);
  await using writer = await openFencedWriter(kafkaSide, 'order-closures');
  let known: Buffer | undefined;
  await readTopic({
    kafka,
    prefix,
    topic: topicName(prefix, TOPICS.orderClosures),
    onMessage: (message) => {
      if (message.value && message.key?.toString() === key) known ??= message.value;
    },
  });
  await writer.write([{ topic: TOPICS.orderClosures, key, value: known ?? codec.encode('order-closures', closure) }]);
  return known ? { closure: await codec.decode('order-closures', known), isFirst: false } : { closure, isFirst: true };
}
