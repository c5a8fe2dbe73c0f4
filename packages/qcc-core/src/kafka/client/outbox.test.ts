import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TOPICS, type TopicSpec } from '../../contract/topics.ts';
import { composed } from '../../testing/composed.ts';
import { sentBatches, sentMessages } from '../../testing/sent-messages.ts';
import type { AnyOutgoing } from '../wire/outgoing.ts';
import { sizeOfMessage } from '../wire/record-batch.ts';
import { MessageTooLargeError } from './message-too-large-error.ts';
import { cutByBytes, RequestOutbox } from './outbox.ts';

const MOST_BYTES = 900_000;
/** Length, attributes, timestamp, offset, lengths of key and value, the key, number of headers. */
const FRAMING_BYTES = 12;
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
  const messages = [message('a', 0, 100), message('b', 0, MOST_BYTES + 100_000), message('c', 0, 100)];
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
    const outbox = new RequestOutbox('');
    for (const each of messages.slice(0, held)) outbox.add(each);
    expect(outbox.byteLength).toBe(held * (400_000 + FRAMING_BYTES));
    expect(await open(outbox.take(messages.slice(held)))).toEqual([['0', '1'], ['2', '3'], ['4']]);
    expect(outbox.byteLength).toBe(0);
    expect(await open(outbox.take())).toEqual([]);
  },
);

const SMALL: TopicSpec = { ...TOPICS.records, name: 'small', maxMessageBytes: 4_096 };
const SMALLER: TopicSpec = { ...TOPICS.records, name: 'smaller', maxMessageBytes: 1_500 };
const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength });
const arbitraryMessage: fc.Arbitrary<AnyOutgoing> = fc.record(
  {
    topic: fc.constantFrom(SMALL, SMALLER),
    key: fc.oneof(
      text(20),
      text(700),
      fc.nat({ max: 600 }).map((length) => '企'.repeat(length)),
    ),
    value: fc.oneof(
      fc.constant(null),
      fc.uint8Array({ maxLength: 1_500 }).map((bytes) => Buffer.from(bytes)),
      fc.nat({ max: 4_096 }).map((length) => composed(Buffer.alloc(length >> 1), Buffer.alloc(length - (length >> 1)))),
    ),
    partition: fc.nat({ max: 1 }),
    headers: fc.dictionary(text(40), fc.oneof(text(200), fc.array(text(20), { maxLength: 3 })), { maxKeys: 4 }),
  },
  { requiredKeys: ['topic', 'key', 'value', 'partition'] },
);

test('for all messages, no encoded batch exceeds the limit of its topic, and only a message that alone exceeds it is refused', () => {
  let refused = 0;
  let shared = 0;
  fc.assert(
    fc.property(fc.array(arbitraryMessage, { maxLength: 60 }), (messages) => {
      const outbox = new RequestOutbox('');
      const limits = new Map([SMALL, SMALLER].map(({ name, maxMessageBytes }) => [name, maxMessageBytes]));
      let taken = 0;
      for (const each of messages) {
        const fits = sizeOfMessage(each) <= each.topic.maxMessageBytes;
        if (fits) {
          outbox.add(each);
          taken += 1;
        } else {
          expect(() => outbox.add(each)).toThrow(MessageTooLargeError);
          refused += 1;
        }
      }
      let sent = 0;
      for (const { topic, batches } of [...outbox.take()].flat().map(sentBatches)) {
        for (const { length, bytes } of batches) {
          expect(bytes.length).toBeLessThanOrEqual(limits.get(topic)!);
          sent += length;
          if (length > 1) shared += 1;
        }
      }
      expect(sent).toBe(taken);
    }),
    { seed: 7, numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(100);
  expect(shared).toBeGreaterThan(100);
});

test.each([
  { what: 'as large as its topic takes is sent', more: 0, fits: true },
  { what: 'a byte larger is refused before it is sent', more: 1, fits: false },
])('a message that is $what', ({ more, fits }) => {
  const key = '企'.repeat(100);
  const base = { topic: SMALL, key, partition: 0, headers: { name: 'é' } };
  const framing = sizeOfMessage({ ...base, value: Buffer.alloc(2_000) }) - 2_000;
  const sized = { ...base, value: Buffer.alloc(SMALL.maxMessageBytes - framing + more) };
  const outbox = new RequestOutbox('');
  if (fits) {
    outbox.add(sized);
    const [request] = outbox.take();
    expect(sentBatches(request![0]!).batches.map(({ bytes }) => bytes.length)).toEqual([SMALL.maxMessageBytes]);
    return;
  }
  expect(() => outbox.add(sized)).toThrow(
    expect.objectContaining({ name: 'MessageTooLargeError', topic: 'small', keyBytes: 300, bytes: 4_097 }),
  );
  expect([...outbox.take()]).toEqual([]);
});

test('keys of 89,000 Chinese characters are counted in the bytes that they take', () => {
  const key = '企'.repeat(89_000);
  const value = Buffer.alloc(267_000);
  const requests = [
    ...cutByBytes(
      [key, key].map((each) => ({ topic: TOPICS.records, key: each, value })),
      '',
    ),
  ];
  const sizes = requests.flat().flatMap((each) => sentBatches(each).batches.map(({ bytes }) => bytes.length));
  expect(sizes).toHaveLength(2);
  for (const size of sizes) expect(size).toBeLessThanOrEqual(TOPICS.records.maxMessageBytes);
});
