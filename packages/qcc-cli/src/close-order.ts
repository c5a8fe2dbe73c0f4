import type { OrderClosure } from 'qcc-core/domain';
import { readTopic } from 'qcc-core/kafka/read-topic';
import { TOPICS, topicName } from 'qcc-core/kafka/topics';
import type { KafkaSide } from './connect-kafka.ts';
import { openFencedWriter } from './fenced-writer.ts';

const closureKey = ({ account, orderNo, revision }: Pick<OrderClosure, 'account' | 'orderNo' | 'revision'>): string =>
  [account, orderNo, revision].join('|');

/**
 * States on `order-closures` that a person has closed an order. The first closure of an outcome stays, however many people
 * close it: writers go one after the other and read earlier closures first. It is stated again then, so that a database
 * that was made anew has it, too. A closure from before `outcomeAt` is about an earlier outcome and is replaced, by the rule of
 * the view `order_closures_in_force`.
 * @returns the closure that holds, and whether it is the given one.
 */
export async function closeOrder(
  kafkaSide: KafkaSide,
  { closure, outcomeAt }: { closure: OrderClosure; outcomeAt: number },
): Promise<{ closure: OrderClosure; isFirst: boolean }> {
  const { kafka, codec, settings } = kafkaSide;
  const prefix = settings.TOPIC_PREFIX;
  const key = closureKey(closure);
  await using writer = await openFencedWriter(kafkaSide, 'order-closures');
  let known: OrderClosure | undefined;
  await readTopic({
    kafka,
    prefix,
    topic: topicName(prefix, TOPICS.orderClosures),
    async onMessage({ key: keyOfMessage, value }) {
      if (known || !value || keyOfMessage?.toString() !== key) return;
      const earlier = await codec.decode('order-closures', value);
      if (earlier.at >= outcomeAt) known = earlier;
    },
  });
  const holding = known ?? closure;
  await writer.write([{ topic: TOPICS.orderClosures, key, value: codec.encode('order-closures', holding) }]);
  return { closure: holding, isFirst: holding === closure };
}
