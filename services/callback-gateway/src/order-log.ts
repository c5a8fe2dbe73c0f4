import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/errors';
import type { Health } from 'qcc-core/health';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { openPublisher } from 'qcc-core/kafka/publisher';
import { TOPICS } from 'qcc-core/kafka/topics';
import { orderEvent } from 'qcc-core/order-event';
import type { Sealer } from 'qcc-core/sealing';
import type { ReceivedOrder } from './received-order.ts';
import { toOrderMessage } from './to-order-message.ts';
import { withDeadline } from './with-deadline.ts';

export type OrderLog = AsyncDisposable & {
  /**
   * Resolves once the order is durable (acks=all). While Kafka is away that takes as long as the retries do, so the
   * caller sets the deadline; an order published after it was given up is harmless.
   */
  publish(order: ReceivedOrder): Promise<void>;
  /** Resolves once the messages are durable. */
  send(messages: Outgoing[]): Promise<void>;
};

const PROBE_INTERVAL_MS = 2_000;
/** kafkajs' own limits add up to far more than a probe may take. */
const PROBE_TIMEOUT_MS = 2_000;

/** The gateway's producer, with a probe that keeps `health` true about Kafka while no callback comes. */
export async function openOrderLog(input: {
  kafka: Kafka;
  codec: AvroCodec;
  sealer: Sealer;
  account: string;
  prefix: string;
  health: Health;
  now: () => number;
}): Promise<OrderLog> {
  const { codec, now } = input;
  const ending = new AbortController();
  const publisher = await openPublisher(input);
  const admin = input.kafka.admin({ retry: { retries: 0 } });

  const describeCluster = async (): Promise<void> => {
    await admin.connect();
    await admin.describeCluster();
  };
  const probe = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await withDeadline(describeCluster, { what: 'describing the cluster', timeoutMs: PROBE_TIMEOUT_MS });
        input.health.set('kafka', null);
      } catch (error) {
        input.health.set('kafka', `Kafka does not answer: ${describeError(error)}`);
      }
      await sleep(PROBE_INTERVAL_MS, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const probing = probe();

  return {
    async publish(order) {
      const value = codec.encode('orders', await toOrderMessage(input.sealer, order));
      await publisher.publish([
        { topic: TOPICS.orders, key: order.orderNo, value },
        orderEvent(codec, {
          account: input.account,
          orderNo: order.orderNo,
          revision: 0,
          stage: 'RECEIVED',
          source: order.source,
          at: now(),
        }),
      ]);
    },
    send: publisher.publish,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await probing;
      await Promise.allSettled([publisher[Symbol.asyncDispose](), admin.disconnect()]);
    },
  };
}
