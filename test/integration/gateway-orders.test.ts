import { randomUUID } from 'node:crypto';
import { followOrders } from 'callback-gateway/follow-orders';
import { connectCodec } from 'qcc-core/avro/codec';
import { createHealth } from 'qcc-core/base/health';
import { createLogger } from 'qcc-core/base/logs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { produce } from './topic-reader.ts';

test('an order that any instance published is known before the first poll, and later ones as they come', async () => {
  const prefix = `orders-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  const send = (orderNos: string[]) =>
    produce(
      kafka,
      prefix,
      orderNos.map((orderNo) => ({
        topic: TOPICS.orders,
        key: orderNo,
        value: codec.encode('orders', orderWithoutLink({ orderNo })),
      })),
    );
  const seen: string[] = [];
  const follow = () =>
    followOrders({
      kafka,
      codec,
      prefix,
      sessionTimeoutMs: 6_000,
      onOrder: ({ orderNo }) => void seen.push(orderNo),
      health: createHealth({ parts: [] }),
      log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
    });
  {
    await using _ = await follow();
    expect(seen).toEqual([]);
  }
  const before = ['A', 'B', 'C', 'D', 'E', 'F'];
  await send(before);
  await produce(kafka, prefix, [{ topic: TOPICS.orders, key: 'X', value: Buffer.from('no order') }]);
  await using _ = await follow();
  expect(seen.toSorted()).toEqual(before);
  await send(['G']);
  await vi.waitFor(() => expect(seen).toContain('G'), PATIENCE);
});
