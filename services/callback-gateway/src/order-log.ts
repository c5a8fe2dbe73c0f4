import type { Kafka } from 'kafkajs';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Sealer } from 'qcc-core/base/sealing';
import { orderAttributes } from 'qcc-core/base/tracing/span-attributes';
import { inSpan } from 'qcc-core/base/tracing/spans';
import { TOPICS } from 'qcc-core/contract/topics';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { orderEvent } from 'qcc-core/kafka/messages/order-event';
import { inTrace, messagingSpan } from 'qcc-core/kafka/messages/traced-messages';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { type ReceivedOrder, toOrderMessage } from './to-order-message.ts';

export type OrderLog = AsyncDisposable & {
  /**
   * Resolves once the order is durable (acks=all). While Kafka is away that takes as long as the retries do, so the
   * caller sets the deadline; an order published after it was given up is harmless.
   */
  publish(order: ReceivedOrder): Promise<void>;
  /** Resolves once the messages are durable. */
  send(messages: Outgoing[]): Promise<void>;
};

/** The gateway's producer. */
export async function openOrderLog(input: {
  kafka: Kafka;
  codec: AvroCodec;
  sealer: Sealer;
  account: string;
  prefix: string;
  now: () => number;
}): Promise<OrderLog> {
  const { codec, now, prefix } = input;
  const publisher = await openPublisher(input);
  return {
    async publish(order) {
      const value = codec.encode('orders', await toOrderMessage(input.sealer, order));
      const send = messagingSpan({ operation: 'send', topic: TOPICS.orders, prefix }, orderAttributes(order));
      await inSpan(send, (span) =>
        publisher.publish([
          { topic: TOPICS.orders, key: order.orderNo, value, ...inTrace(span.headers) },
          orderEvent(codec, {
            account: input.account,
            orderNo: order.orderNo,
            revision: 0,
            stage: 'RECEIVED',
            source: order.source,
            at: now(),
          }),
        ]),
      );
    },
    send: publisher.publish,
    [Symbol.asyncDispose]: () => publisher[Symbol.asyncDispose](),
  };
}
