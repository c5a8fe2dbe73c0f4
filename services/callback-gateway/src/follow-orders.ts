import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { type AvroCodec, ignoreUndecodable } from 'qcc-core/avro/codec';
import type { Health } from 'qcc-core/base/health';
import type { Log } from 'qcc-core/base/logs';
import type { Order } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { consume } from 'qcc-core/kafka/client/consume';
import { topicOffsets } from 'qcc-core/kafka/client/topic-offsets';

/** After it the follower counts as caught up: an order published twice is harmless, a gateway that never polls is not. */
const CATCH_UP_LIMIT_MS = 30_000;
/** Makes the brokers collect more orders for each fetch, so that a flood of orders needs fewer fetches. A short delay does no harm. */
const FETCH_MIN_BYTES = 65_536;

/**
 * Follows the topic `orders` from its beginning, so that a callback that another instance received, or this one before a restart, does not
 * count as lost. Resolves once `onOrder` has got all orders that were on the topic at the call, or after `CATCH_UP_LIMIT_MS`.
 */
export async function followOrders(input: {
  kafka: Kafka;
  codec: AvroCodec;
  prefix: string;
  sessionTimeoutMs: number;
  onOrder: (order: Order) => void;
  health: Health;
  log: Log;
}): Promise<AsyncDisposable> {
  const topic = topicName(input.prefix, TOPICS.orders);
  const behind = new Map<number, bigint>();
  for (const [partition, { from, to }] of await topicOffsets(input.kafka, topic))
    if (from < to) behind.set(partition, to);
  const caughtUp = Promise.withResolvers<void>();
  if (behind.size === 0) caughtUp.resolve();

  const reader = await consume({
    kafka: input.kafka,
    group: `${input.prefix}qcc.callback-gateway.orders`,
    readsAll: {},
    topics: [topic],
    sessionTimeoutMs: input.sessionTimeoutMs,
    concurrency: 1,
    config: { minBytes: FETCH_MIN_BYTES },
    health: input.health,
    healthPart: 'orders',
    log: input.log,
    async onBatch({ partition, messages, nextOffset }) {
      for (const { value } of messages) {
        const order = value && (await input.codec.decode('orders', value).catch(ignoreUndecodable));
        if (order) input.onOrder(order);
      }
      if (nextOffset >= (behind.get(partition) ?? 0n)) behind.delete(partition);
      if (behind.size === 0) caughtUp.resolve();
    },
  });
  const timer = new AbortController();
  await Promise.race([caughtUp.promise, sleep(CATCH_UP_LIMIT_MS, undefined, { signal: timer.signal })]);
  timer.abort();
  return reader;
}
