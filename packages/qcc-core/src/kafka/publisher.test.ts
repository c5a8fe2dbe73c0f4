import type { Kafka, ProducerBatch } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { sentMessages } from '../testing/sent-messages.ts';
import { openPublisher } from './publisher.ts';
import { TOPICS } from './topics.ts';

/** Requests that wait for their answer, and how many producers were opened for them. */
function kafkaInHand() {
  const requests: { keys: string[]; answer: PromiseWithResolvers<void> }[] = [];
  let producers = 0;
  const producer = () => {
    producers += 1;
    return {
      connect: async () => {},
      disconnect: async () => {},
      sendBatch: async ({ topicMessages = [] }: ProducerBatch) => {
        const sent = await Promise.all(topicMessages.map(sentMessages));
        const keys = sent.flat().map(({ key }) => key.toString());
        const answer = Promise.withResolvers<void>();
        requests.push({ keys, answer });
        await answer.promise;
      },
    };
  };
  const nth = (index: number) => vi.waitUntil(() => requests[index], { timeout: 30_000, interval: 2 });
  return { kafka: { producer } as unknown as Kafka, requests, nth, producers: () => producers };
}

const message = (key: string) => ({ topic: TOPICS.orders, key, value: Buffer.from('v'), partition: 0 });

/** How a promise stands, once everything that can happen now has. */
async function standingOf(promise: Promise<void>): Promise<'open' | 'durable' | 'unknown'> {
  const open = new Promise<'open'>((resolve) => setImmediate(resolve, 'open'));
  return Promise.race([promise.then(() => 'durable' as const).catch(() => 'unknown' as const), open]);
}

test('what is published while a request is under way goes out together in the next, in the order of the calls', async () => {
  const { kafka, requests, nth } = kafkaInHand();
  await using publisher = await openPublisher({ kafka, prefix: '' });
  const first = publisher.publish([message('a')]);
  const { answer } = await nth(0);
  const later = [publisher.publish([message('b'), message('c')]), publisher.publish([message('d')])];
  expect(await Promise.all([first, ...later].map(standingOf))).toEqual(['open', 'open', 'open']);
  expect(requests).toHaveLength(1);

  answer.resolve();
  await first;
  const next = await nth(1);
  expect(next.keys).toEqual(['b', 'c', 'd']);
  expect(await Promise.all(later.map(standingOf))).toEqual(['open', 'open']);
  next.answer.resolve();
  await Promise.all(later);
  expect(requests).toHaveLength(2);
});

test('a request that fails fails for all that were in it, and for nobody before or after', async () => {
  const { kafka, nth, producers } = kafkaInHand();
  await using publisher = await openPublisher({ kafka, prefix: '' });
  const before = publisher.publish([message('before')]);
  const { answer } = await nth(0);
  const together = [publisher.publish([message('one')]), publisher.publish([message('other')])];
  answer.resolve();
  await before;
  const failing = await nth(1);
  const after = publisher.publish([message('after')]);
  failing.answer.reject(new Error('the answer was lost'));
  for (const each of together) await expect(each).rejects.toThrow('the answer was lost');

  const next = await nth(2);
  expect(next.keys).toEqual(['after']);
  expect(producers()).toBe(2);
  next.answer.resolve();
  await after;
});

test('messages that cannot be had take no others with them', async () => {
  const { kafka, nth } = kafkaInHand();
  await using publisher = await openPublisher({ kafka, prefix: '' });
  const good = publisher.publish([message('good')]);
  const bad = publisher.publish(
    (function* () {
      yield message('half');
      throw new RangeError('no more');
    })(),
  );
  await expect(bad).rejects.toThrow(RangeError);
  const { keys, answer } = await nth(0);
  expect(keys).toEqual(['good']);
  answer.resolve();
  await good;
});
