import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sentMessages } from '../testing/sent-messages.ts';
import { cutByBytes, PackedOutbox } from './outbox.ts';
import type { AnyOutgoing } from './outgoing.ts';
import { TOPICS } from './topics.ts';

const MOST_BYTES = 900_000;
const message = (content: string, partition: number, bytes = content.length): AnyOutgoing => ({
  topic: TOPICS.records,
  key: 'k',
  value: Buffer.from(content.padEnd(bytes)),
  partition,
});

/** Of each request the values in it, and how long each of its batches is. */
async function open(requests: Iterable<Parameters<typeof sentMessages>[0][]>) {
  const opened: string[][] = [];
  for (const request of requests) {
    const values: string[] = [];
    for (const topicMessages of request)
      for (const { value } of await sentMessages(topicMessages)) values.push(String(value).trimEnd());
    opened.push(values);
  }
  return opened;
}

test('what no longer fits in a batch goes into the next request, and the order of a partition is kept', async () => {
  const messages = [
    message('a', 0, 500_000),
    message('b', 1, 500_000),
    message('c', 0, 500_000),
    message('d', 1, 100),
    message('e', 0, 100),
  ];
  expect(await open(cutByBytes(messages, ''))).toEqual([
    ['a', 'b'],
    ['c', 'e', 'd'],
  ]);
});

test('a message that is larger than a batch may be travels alone in its partition', async () => {
  const messages = [message('a', 0, 100), message('b', 0, 2 * MOST_BYTES), message('c', 0, 100)];
  expect(await open(cutByBytes(messages, ''))).toEqual([['a'], ['b'], ['c']]);
});

test('whatever the messages, none is lost or doubled, and each partition has its own in their order', async () => {
  const sizes = fc.oneof(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 200_000, max: 1_000_000 }));
  const sent = fc.array(fc.record({ partition: fc.integer({ min: 0, max: 2 }), bytes: sizes }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(sent, async (all) => {
      const messages = all.map(({ partition, bytes }, at) => message(`${partition}/${at}`, partition, bytes));
      const names = messages.map(({ value }) => String(value).trimEnd());
      const inPartition = (partition: number, values: string[]) =>
        values.filter((each) => each[0] === String(partition));
      const values = (await open(cutByBytes(messages, ''))).flat();
      expect(values).toHaveLength(names.length);
      for (const partition of [0, 1, 2]) expect(inPartition(partition, values)).toEqual(inPartition(partition, names));
    }),
    { seed: 6, numRuns: 30 },
  );
});

test.each([0, 2, 5])(
  'an outbox that holds %d of five messages gives them, those behind, and is empty then',
  async (held) => {
    const messages = Array.from({ length: 5 }, (_, at) => message(String(at), 0, 400_000));
    const outbox = new PackedOutbox('');
    for (const each of messages.slice(0, held)) outbox.add(each);
    expect(outbox.byteLength).toBe(held * 400_001);
    expect(await open(outbox.take(messages.slice(held)))).toEqual([['0', '1'], ['2', '3'], ['4']]);
    expect(outbox.byteLength).toBe(0);
    expect(await open(outbox.take())).toEqual([]);
  },
);
