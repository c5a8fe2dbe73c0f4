import type { OrderClosure } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import type { KafkaSide } from './connect-kafka.ts';
import { openFencedWriter } from './fenced-writer.ts';

/** A closure as a person gives it, and the time of the outcome that it refers to, in milliseconds since the epoch. */
export type Closing = { closure: OrderClosure; outcomeAt: number };

const CLOSURES_PER_TRANSACTION = 10_000;

const closureKey = ({ account, orderNo, revision }: Pick<OrderClosure, 'account' | 'orderNo' | 'revision'>): string =>
  [account, orderNo, revision].join('|');

/**
 * Writes to `order-closures` that a person has closed orders. Only one writer works at a time, and it reads the topic first. If
 * an outcome is closed already, that closure holds, and it is written again so that a new database gets it too. A closure that is
 * older than `outcomeAt` is about an earlier outcome and is replaced. The view `order_closures_in_force` applies the same rule.
 * @returns the closure that holds for each order, in the order of `closings`: the given one or an earlier one.
 */
export async function closeOrders(kafkaSide: KafkaSide, closings: readonly Closing[]): Promise<OrderClosure[]> {
  const { kafka, codec, settings } = kafkaSide;
  const prefix = settings.TOPIC_PREFIX;
  const outcomes = new Map(closings.map(({ closure, outcomeAt }) => [closureKey(closure), outcomeAt]));
  await using writer = await openFencedWriter(kafkaSide, 'order-closures');
  const earlier = new Map<string, OrderClosure>();
  await readTopic({
    kafka,
    prefix,
    topic: topicName(prefix, TOPICS.orderClosures),
    async onMessage({ key, value }) {
      const name = String(key);
      const outcomeAt = outcomes.get(name);
      if (outcomeAt === undefined || !value || earlier.has(name)) return;
      const closure = await codec.decode('order-closures', value);
      if (closure.at >= outcomeAt) earlier.set(name, closure);
    },
  });
  const holding = closings.map(({ closure }) => earlier.get(closureKey(closure)) ?? closure);
  const messages = holding.map((closure) => ({
    topic: TOPICS.orderClosures,
    key: closureKey(closure),
    value: codec.encode('order-closures', closure),
  }));
  for (let at = 0; at < messages.length; at += CLOSURES_PER_TRANSACTION) {
    await writer.write(messages.slice(at, at + CLOSURES_PER_TRANSACTION));
  }
  return holding;
}
