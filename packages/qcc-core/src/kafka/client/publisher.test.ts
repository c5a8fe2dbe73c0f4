import type { Kafka, ProducerBatch } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { ELECTION_RETRIES } from '../../base/backoff.ts';
import { TOPICS } from '../../contract/topics.ts';
import { sentMessages } from '../../testing/sent-messages.ts';
import { type Sent, type Stored, UNEVEN_SENDS } from '../../testing/uneven-sends.ts';
import { batchesOf, noteEncoding } from '../kafkajs-2.2.4/produce-packed.ts';
import { openPublisher } from './publisher.ts';

type Answer = { resolve(sent?: Sent): void; reject(error: Error): void };

/** Requests that wait for their response, and how many producers were opened for them. */
function kafkaInHand() {
  const requests: { keys: string[]; answer: Answer }[] = [];
  let producers = 0;
  const producer = () => {
    producers += 1;
    return {
      connect: async () => {},
      disconnect: async () => {},
      sendBatch: async ({ topicMessages = [] }: ProducerBatch) => {
        const sent = await Promise.all(topicMessages.map(sentMessages));
        const keys = sent.flat().map(({ key }) => key.toString());
        const answer = Promise.withResolvers<Sent | undefined>();
        requests.push({ keys, answer });
        const { times = 1, acknowledge = (stored: Stored[]) => stored } = (await answer.promise) ?? {};
        for (const batch of topicMessages.flatMap((each) => [...(batchesOf(each)?.values() ?? [])]))
          for (let turn = 0; turn < times; turn += 1) noteEncoding(batch);
        return acknowledge(topicMessages.map(({ topic }) => ({ topicName: topic, partition: 0, errorCode: 0 })));
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

const FAILURES: readonly [name: string, (answer: Answer) => void][] = [
  ['fails', (answer) => answer.reject(new Error('the leader has moved'))],
  ...UNEVEN_SENDS.map(([name, sent]): [string, (answer: Answer) => void] => [
    `succeeds although a batch of it was ${name}`,
    (answer) => answer.resolve(sent),
  ]),
];

test.each(FAILURES)(
  'a request that %s is sent again by another producer, and its callers do not see the failure',
  async (_name, fail) => {
    const { kafka, requests, nth, producers } = kafkaInHand();
    await using publisher = await openPublisher({ kafka, prefix: '' });
    const published = publisher.publish([message('one'), message('other')]);
    fail((await nth(0)).answer);
    const again = await nth(1);
    expect(again.keys).toEqual(['one', 'other']);
    expect(await standingOf(published)).toBe('open');
    again.answer.resolve();
    await published;
    expect(producers()).toBe(2);
    expect(requests).toHaveLength(2);
  },
);

test('a publisher whose requests all succeed although a batch of each was sent to nobody rejects in the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { kafka, requests } = kafkaInHand();
    await using publisher = await openPublisher({ kafka, prefix: '' });
    const outcome = publisher.publish([message('one')]).catch((error: unknown) => error);
    const attempts = ELECTION_RETRIES.retries + 1;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      while (!requests[attempt]) await vi.advanceTimersByTimeAsync(ELECTION_RETRIES.maxTimeout);
      requests[attempt]!.answer.resolve({ times: 0 });
    }
    expect(await outcome).toMatchObject({
      name: 'UnevenSendError',
      message: 'the batch of orders/0 was sent 0 times and acknowledged 1 times',
    });
    expect(requests).toHaveLength(attempts);
  } finally {
    vi.useRealTimers();
  }
});

test('a request with a permanent error fails for every caller in it, and for no caller before or after', async () => {
  const { kafka, nth, producers } = kafkaInHand();
  await using publisher = await openPublisher({ kafka, prefix: '' });
  const before = publisher.publish([message('before')]);
  const { answer } = await nth(0);
  const together = [publisher.publish([message('one')]), publisher.publish([message('other')])];
  answer.resolve();
  await before;
  const failing = await nth(1);
  const after = publisher.publish([message('after')]);
  failing.answer.reject(Object.assign(new Error('the message is too large'), { retriable: false }));
  for (const each of together) await expect(each).rejects.toThrow('the message is too large');

  const next = await nth(2);
  expect(next.keys).toEqual(['after']);
  expect(producers()).toBe(2);
  next.answer.resolve();
  await after;
});

test('if making the messages of a call fails, other calls are not affected', async () => {
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

test('a message that is too large fails only its own call, at once, and nothing of that call is sent', async () => {
  const { kafka, nth } = kafkaInHand();
  await using publisher = await openPublisher({ kafka, prefix: '' });
  const good = publisher.publish([message('good')]);
  const large = { ...message('large'), value: Buffer.alloc(TOPICS.orders.maxMessageBytes) };
  await expect(publisher.publish([message('beside'), large])).rejects.toThrow('a message for orders has');
  const { keys, answer } = await nth(0);
  expect(keys).toEqual(['good']);
  answer.resolve();
  await good;
});

test('a request that Kafka refuses for good is sent again call by call, and fails only for the caller at fault', async () => {
  const { kafka, requests, nth } = kafkaInHand();
  await using publisher = await openPublisher({ kafka, prefix: '' });
  const calls = [['a'], ['b', 'bad'], ['c']].map((keys) => publisher.publish(keys.map(message)));
  const outcomes = Promise.allSettled(calls);
  const refused = () => Object.assign(new Error('refused'), { type: 'INVALID_RECORD', retriable: false });
  (await nth(0)).answer.reject(refused());
  (await nth(1)).answer.resolve();
  (await nth(2)).answer.reject(refused());
  (await nth(3)).answer.resolve();
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(requests.map(({ keys }) => keys)).toEqual([['a', 'b', 'bad', 'c'], ['a'], ['b', 'bad'], ['c']]);
});
