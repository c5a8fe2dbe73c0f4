import type { Kafka } from 'kafkajs';
import { beforeEach, expect, test, vi } from 'vitest';
import { LogTruncatedError } from '../kafkajs-2.2.4/refuse-reset.ts';
import type { EpochEnd, EpochRun } from '../wire/leader-epochs.ts';
import { commitMetadata, createReadPositions } from './read-positions.ts';

type Question = { partition: number; leaderEpoch: number };
const brokers = vi.hoisted(() => ({ asked: [] as number[][], answers: [] as Record<number, object>[] }));
vi.mock('../kafkajs-2.2.4/epoch-ends.ts', () => ({
  async fetchEpochEnds(_kafka: Kafka, _topic: string, questions: readonly Question[]) {
    brokers.asked.push(questions.map(({ leaderEpoch }) => leaderEpoch));
    const answers = brokers.answers.length > 1 ? brokers.answers.shift()! : brokers.answers[0]!;
    return questions.map(({ leaderEpoch }) => answers[leaderEpoch]);
  },
}));
beforeEach(() => {
  brokers.asked = [];
  brokers.answers = [];
});

const SIGNAL = new AbortController().signal;
const PLACE = { topic: 'orders', partition: 1 };
const end = (leaderEpoch: number, endOffset: bigint): EpochEnd => ({ leaderEpoch, endOffset });
const runs = (...each: [from: bigint, epoch: number | null][]): EpochRun[] =>
  each.map(([from, epoch]) => ({ from, epoch }));

/** What a group has committed, and how often it was asked. */
function groupWith(offset: string, metadata: string | null) {
  let lookups = 0;
  const kafka = {
    admin: () => ({
      connect: async () => {},
      disconnect: async () => {},
      async fetchOffsets() {
        lookups += 1;
        return [{ topic: PLACE.topic, partitions: [{ partition: PLACE.partition, offset, metadata }] }];
      },
    }),
  } as unknown as Kafka;
  return { kafka, lookups: () => lookups };
}

function known() {
  const positions = createReadPositions({ kafka: {} as Kafka, group: undefined });
  positions.set(PLACE, 10n, 3);
  return positions;
}

test.each<[string, EpochRun[]]>([
  ['of the same epoch', runs([10n, 3])],
  ['that begins before the position in the same epoch, and goes on in another one', runs([8n, 3], [10n, 4])],
  ['whose epoch is not known', runs([10n, null])],
  ['without messages', []],
])('nobody is asked about a batch %s', async (_name, epochs) => {
  await known().check(PLACE, epochs, SIGNAL);
  expect(brokers.asked).toEqual([]);
});

test.each<[string, EpochRun[]]>([
  ['of a later epoch', runs([10n, 4])],
  ['of a later epoch, behind a gap', runs([15n, 4])],
  ['of an earlier epoch', runs([10n, 2])],
  ['that has another epoch at the last message that was read', runs([8n, 4], [12n, 5])],
])('the leader is asked about a batch %s', async (_name, epochs) => {
  const epoch = epochs[0]!.epoch!;
  brokers.answers = [{ [epoch]: end(epoch, 30n), 3: end(3, 10n) }];
  await known().check(PLACE, epochs, SIGNAL);
  expect(brokers.asked).toEqual([[epoch, 3]]);
});

test('a batch is refused if the epoch that was read ends before the position', async () => {
  brokers.answers = [{ 4: end(4, 30n), 3: end(3, 7n) }];
  const error = await known()
    .check(PLACE, runs([10n, 4]), SIGNAL)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LogTruncatedError);
  expect(error).toMatchObject({ ...PLACE, end: '7' });
});

test('a broker that does not know the epoch of the batch has led before, and another one is asked', async () => {
  brokers.answers = [
    { 4: end(-1, -1n), 3: end(3, 10n) },
    { 4: end(4, 30n), 3: end(3, 7n) },
  ];
  await expect(known().check(PLACE, runs([10n, 4]), SIGNAL)).rejects.toThrow(LogTruncatedError);
  expect(brokers.asked).toHaveLength(2);
});

test('a batch is refused for now if it came from a broker that is not the leader any more', async () => {
  const positions = createReadPositions({ kafka: {} as Kafka, group: undefined });
  positions.set(PLACE, 20n, 4);
  // The leader's log has epoch 3 up to offset 15: what was fetched from 20 on is not in it.
  brokers.answers = [{ 3: end(3, 15n), 4: end(4, 30n) }];
  vi.useFakeTimers();
  const checking = positions.check(PLACE, runs([20n, 3]), SIGNAL).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  expect(await checking).not.toBeInstanceOf(LogTruncatedError);
  expect(await checking).toMatchObject({ message: expect.stringContaining('does not have the fetched offset 20') });
});

test('a batch that comes again is not asked about again', async () => {
  const positions = known();
  brokers.answers = [{ 4: end(4, 30n), 3: end(3, 10n) }];
  await positions.check(PLACE, runs([10n, 4]), SIGNAL);
  await positions.check(PLACE, runs([10n, 4]), SIGNAL);
  expect(brokers.asked).toHaveLength(1);
});

test('a check ends with the batch that it is for', async () => {
  brokers.answers = [{ 4: end(-1, -1n), 3: end(3, 10n) }];
  const batch = new AbortController();
  const checking = known().check(PLACE, runs([10n, 4]), batch.signal);
  batch.abort(new Error('the membership of the group is lost'));
  await expect(checking).rejects.toThrow('the membership of the group is lost');
});

test('a partition that is read again from its beginning is a new log, whatever its group had committed', async () => {
  const positions = createReadPositions({ kafka: groupWith('10', commitMetadata(3)).kafka, group: 'sink' });
  positions.forgetAll();
  positions.forget(PLACE);
  brokers.answers = [{ 2: end(2, 5n), 3: end(3, 7n) }];
  await positions.check(PLACE, runs([0n, 2], [5n, 3]), SIGNAL);
  expect(brokers.asked).toEqual([]);
});

test('what the group has committed is looked up once for each membership', async () => {
  const { kafka, lookups } = groupWith('10', commitMetadata(3));
  const positions = createReadPositions({ kafka, group: 'sink' });
  brokers.answers = [{ 4: end(4, 30n), 3: end(3, 7n) }];
  await expect(positions.check(PLACE, runs([10n, 4]), SIGNAL)).rejects.toThrow(LogTruncatedError);
  await expect(positions.check(PLACE, runs([10n, 4]), SIGNAL)).rejects.toThrow(LogTruncatedError);
  expect(lookups()).toBe(1);
  positions.forgetAll();
  await positions.check(PLACE, runs([10n, 3]), SIGNAL);
  expect(lookups()).toBe(2);
});

test.each([null, '', 'of another client', 'leader epoch', 'leader epoch x'])(
  'an offset that was committed with the metadata %j says nothing of the log',
  async (metadata) => {
    const positions = createReadPositions({ kafka: groupWith('10', metadata).kafka, group: 'sink' });
    await positions.check(PLACE, runs([10n, 4]), SIGNAL);
    expect(brokers.asked).toEqual([]);
  },
);

test('a log that has grown to exactly the position after it lost messages is found although no batch comes', async () => {
  const positions = known();
  brokers.answers = [{ 3: end(3, 7n) }];
  // What was read since the last look was compared when it came.
  expect(await positions.findLoss([PLACE])).toBeUndefined();
  expect(brokers.asked).toEqual([]);
  expect(await positions.findLoss([PLACE])).toMatchObject({ ...PLACE, end: '7' });
});

test('such a log is also found by the next member of its group, to which no batch has come yet', async () => {
  const positions = createReadPositions({ kafka: groupWith('10', commitMetadata(3)).kafka, group: 'sink' });
  brokers.answers = [{ 3: end(3, 7n) }];
  await positions.findLoss([PLACE]);
  expect(await positions.findLoss([PLACE])).toMatchObject({ ...PLACE, end: '7' });
});

test.each<[string, EpochEnd, boolean]>([
  ['has everything', end(3, 10n), true],
  ['is on a broker that does not know the epoch, and so has led before', end(-1, -1n), true],
  ['is read by another member now', end(3, 7n), false],
])('an idle log that %s has lost nothing', async (_name, answer, isRead) => {
  const positions = known();
  brokers.answers = [{ 3: answer }];
  await positions.findLoss(isRead ? [PLACE] : []);
  expect(await positions.findLoss(isRead ? [PLACE] : [])).toBeUndefined();
});
