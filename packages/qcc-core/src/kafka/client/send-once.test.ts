import { Kafka, logLevel, type TopicMessages } from 'kafkajs';
import { expect, test } from 'vitest';
import { kafkaJsModule } from '../kafkajs-2.2.4/guard.ts';
import { collectRecords, plainTopic } from '../kafkajs-2.2.4/plain-topic.ts';
import { noteEncoding, packedTopic } from '../kafkajs-2.2.4/produce-packed.ts';
import { packRecords } from '../wire/record-batch.ts';
import { offsetsOn, SENDS_ONCE, sendOnce, UnevenSendError } from './send-once.ts';

test('kafkajs makes one attempt, and accepts a producer that does so', async () => {
  const createRetry =
    kafkaJsModule<(options: object) => (attempt: () => Promise<never>) => Promise<never>>('retry/index.js');
  let attempts = 0;
  const sent = createRetry(SENDS_ONCE.retry)(async () => {
    attempts += 1;
    throw new Error('not the leader');
  });
  await expect(sent).rejects.toThrow('not the leader');
  expect(attempts).toBe(1);
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
  expect(() => kafka.producer(SENDS_ONCE)).not.toThrow();
});

/** So many messages for each of some partitions. */
type Counts = readonly (readonly [partition: number, count: number])[];

function packed(topic: string, counts: Counts): TopicMessages {
  const batches = counts.map(([partition, count]) => {
    const batch = packRecords();
    for (let at = 0; at < count; at += 1) batch.add(`${at}`, null);
    noteEncoding(batch);
    return [partition, batch] as const;
  });
  return packedTopic(topic, new Map(batches));
}

function plain(topic: string, counts: Counts): TopicMessages {
  const batches = counts.map(([partition, count]) => {
    const batch = collectRecords();
    for (let at = 0; at < count; at += 1) batch.add(`${at}`, null);
    return [partition, batch] as const;
  });
  return plainTopic(topic, new Map(batches));
}

const acknowledged = (topicName: string, partition: number, baseOffset: string) => ({
  topicName,
  partition,
  baseOffset,
  errorCode: 0,
});

test.each([
  ['encoded', packed],
  ['plain', plain],
])(
  'the offsets of %s messages are those that the brokers gave them, in the order in which they were sent',
  async (_, toTopic) => {
    const first = await sendOnce(
      async () => [acknowledged('b', 0, '7'), acknowledged('a', 1, '40'), acknowledged('a', 0, '9007199254740000')],
      [
        toTopic('a', [
          [0, 2],
          [1, 3],
        ]),
        toTopic('b', [[0, 1]]),
      ],
    );
    const second = await sendOnce(async () => [acknowledged('a', 1, '50')], [toTopic('a', [[1, 2]])]);
    const stored = [...first, ...second];
    expect(offsetsOn({ topic: 'a', partition: 1 }, stored)).toEqual([40, 41, 42, 50, 51]);
    expect(offsetsOn({ topic: 'a', partition: 0 }, stored)).toEqual([9_007_199_254_740_000, 9_007_199_254_740_001]);
    expect(offsetsOn({ topic: 'b', partition: 0 }, stored)).toEqual([7]);
    expect(offsetsOn({ topic: 'c', partition: 0 }, stored)).toEqual([]);
  },
);

test('a request of which a partition was not acknowledged, or twice, is not stored', async () => {
  const request = [
    packed('a', [
      [0, 1],
      [1, 1],
    ]),
  ];
  const [zero, one] = [acknowledged('a', 0, '1'), acknowledged('a', 1, '2')];
  for (const answer of [[zero], [zero, one, one], [zero, one, acknowledged('b', 0, '3')]])
    await expect(sendOnce(async () => answer, request)).rejects.toThrow(UnevenSendError);
});
