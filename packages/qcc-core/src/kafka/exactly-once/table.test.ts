import type { Kafka, KafkaMessage } from 'kafkajs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHealth } from '../../base/health.ts';
import { createLogger } from '../../base/logs.ts';
import { TOPICS } from '../../contract/topics.ts';
import type { Batch, ConsumeInput } from '../client/consume.ts';
import type { EpochEnd } from '../wire/leader-epochs.ts';
import type { Outgoing } from '../wire/outgoing.ts';
import { openTable } from './table.ts';

/** The consumer of the table, driven by the test, and where leaders say that the epoch of each partition ends. */
const world = vi.hoisted(() => ({
  consumer: undefined as ConsumeInput | undefined,
  ends: [] as EpochEnd[],
  staleAnswers: 0,
}));
vi.mock('../client/consume.ts', () => ({
  async consume(input: ConsumeInput) {
    world.consumer = input;
    await input.readsAll?.beforeJoin?.();
    input.onAssigned?.({}, () => {});
    return { [Symbol.asyncDispose]: async () => {} };
  },
}));
vi.mock('../kafkajs-2.2.4/topic-id.ts', () => ({ fetchTopicId: async () => 'a' }));
// The test's timers do not reach this one.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, _value: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve, reject) => {
      setTimeout(resolve, ms);
      signal.addEventListener('abort', () => reject(signal.reason));
      if (signal.aborted) reject(signal.reason);
    }),
}));
vi.mock('../kafkajs-2.2.4/epoch-ends.ts', () => ({
  async fetchEpochEnds(_kafka: Kafka, _topic: string, questions: { partition: number }[]) {
    world.staleAnswers -= 1;
    return questions.map(({ partition }) => (world.staleAnswers >= 0 ? FORMER_LEADER : world.ends[partition]));
  },
}));

const EPOCH = 7;
const endsAt = (end: number): EpochEnd => ({ leaderEpoch: EPOCH, endOffset: BigInt(end) });
/** A broker that was a leader of an earlier epoch, and still believes that it is one. */
const FORMER_LEADER: EpochEnd = { leaderEpoch: -1, endOffset: -1n };

type Entry = readonly [key: string, value: string | null];

beforeEach(() => {
  vi.useFakeTimers();
  world.ends = [];
  world.staleAnswers = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

async function setUp({ wants }: { wants?: (key: string) => boolean } = {}) {
  const told: string[] = [];
  const table = await openTable({
    kafka: {} as Kafka,
    topic: TOPICS.orderState,
    prefix: '',
    group: 'test',
    sessionTimeoutMs: 6_000,
    health: createHealth({ parts: [] }),
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
    decode: async (bytes) => bytes.toString(),
    ...(wants && { wants }),
    onValue: (key, value) => void told.push(`${key} ${value}`),
  });
  return {
    table,
    told,
    shown: (partition: number) => Object.fromEntries(table.entries(partition)),
    /** The consumer reads these messages, the first of them at the offset. */
    read: (partition: number, first: number, entries: readonly Entry[]) =>
      world.consumer!.onBatch({
        partition,
        messages: entries.map(
          ([key, value], index) =>
            ({
              offset: String(first + index),
              key: Buffer.from(key),
              value: value === null ? null : Buffer.from(value),
            }) as KafkaMessage,
        ),
        leaderEpochs: [{ from: BigInt(first), epoch: EPOCH }] as Batch['leaderEpochs'],
        signal: new AbortController().signal,
      } as Batch),
    async joinAgain() {
      const joining = world.consumer!.readsAll!.beforeJoin!();
      await vi.runAllTimersAsync();
      await joining;
      world.consumer!.onAssigned!({}, () => {});
    },
  };
}

test('a table that was caught up shows the log as it is, also at the offsets of messages that the brokers lost', async () => {
  const { table, read, joinAgain, shown } = await setUp();
  const log: Entry[] = [['p', 'kept']];
  await read(0, 0, [...log, ['p', 'lost'], ['p', 'lost, too'], ['q', 'lost'], ['q', 'lost, too']]);
  world.ends = [endsAt(5)];
  await joinAgain();
  // The log is cut only now, and another message takes the place of one that was lost.
  await read(0, 0, [...log, ['n', 'new']]);
  const markers: Outgoing[] = [];
  const waiting = table.catchUp(0, async (marker) => void markers.push(marker));
  await read(0, 2, [[String(markers[0]!.key), null]]);
  await waiting;
  expect(shown(0)).toEqual({ p: 'kept', n: 'new' });
});

test('a table keeps only the keys that it wants', async () => {
  const { read, shown, told } = await setUp({ wants: (key) => key.startsWith('north|') });
  await read(0, 0, [
    ['north|1', 'mine'],
    ['south|1', 'not mine'],
    ['north|2', 'mine'],
  ]);
  expect(shown(0)).toEqual({ 'north|1': 'mine', 'north|2': 'mine' });
  expect(told).toEqual(['north|1 mine', 'north|2 mine']);
});

test('a marker that is read again before its sending has ended takes nothing back', async () => {
  const { table, read, joinAgain, shown } = await setUp();
  const sent = Promise.withResolvers<void>();
  let marker = '';
  const waiting = table.catchUp(0, async ({ key }) => {
    marker = String(key);
    await sent.promise;
  });
  await read(0, 0, [
    [marker, null],
    ['p', 'new'],
  ]);
  world.ends = [endsAt(2)];
  await joinAgain();
  await read(0, 0, [[marker, null]]);
  expect(shown(0)).toEqual({ p: 'new' });
  sent.resolve();
  await waiting;
});

test('a table notices each partition of which the brokers lost messages when it joins its group again', async () => {
  const { read, joinAgain, shown, told } = await setUp();
  for (const partition of [0, 1, 2]) {
    await read(partition, 0, [
      ['p', `kept ${partition}`],
      ['p', `newest ${partition}`],
    ]);
  }
  world.ends = [endsAt(1), endsAt(1), endsAt(2)];
  await joinAgain();
  for (const partition of [0, 1, 2]) await read(partition, 0, [['p', `kept ${partition}`]]);
  expect([0, 1, 2].map(shown)).toEqual([{ p: 'kept 0' }, { p: 'kept 1' }, { p: 'newest 2' }]);
  told.length = 0;
  await read(1, 1, [['n', 'new']]);
  expect(told).toEqual(['n new']);
});

test('a table takes nothing back because of a former leader, however long it answers', async () => {
  const { read, joinAgain, shown } = await setUp();
  await read(0, 0, [
    ['p', 'old'],
    ['p', 'new'],
  ]);
  world.ends = [FORMER_LEADER];
  await joinAgain();
  await read(0, 0, [['p', 'old']]);
  expect(shown(0)).toEqual({ p: 'new' });
});

test('a table notices that messages were lost although a former leader answers first', async () => {
  const { read, joinAgain, shown } = await setUp();
  await read(0, 0, [
    ['p', 'kept'],
    ['p', 'lost'],
  ]);
  world.ends = [endsAt(1)];
  world.staleAnswers = 3;
  await joinAgain();
  await read(0, 0, [['p', 'kept']]);
  expect(shown(0)).toEqual({ p: 'kept' });
});

test('a table notices that messages were lost although the log has grown past them', async () => {
  const { read, joinAgain, told } = await setUp();
  await read(0, 0, [
    ['p', 'kept'],
    ['p', 'lost'],
  ]);
  // The first message is of the epoch before.
  world.ends = [{ leaderEpoch: EPOCH - 1, endOffset: 1n }];
  told.length = 0;
  await joinAgain();
  await read(0, 0, [
    ['p', 'kept'],
    ['q', 'new'],
    ['q', 'newest'],
  ]);
  expect(told).toEqual(['q new', 'q newest']);
});

test('a table whose marker the brokers lost is caught up by the next one', async () => {
  const { table, read } = await setUp();
  const markers: Outgoing[] = [];
  const waiting = table.catchUp(0, async (marker) => void markers.push(marker));
  await vi.advanceTimersToNextTimerAsync();
  expect(markers).toHaveLength(2);
  await read(0, 0, [[String(markers[1]!.key), null]]);
  await waiting;
  await vi.runAllTimersAsync();
  expect(markers).toHaveLength(2);
});

test('a table whose marker is late is caught up by it, although another one is sent', async () => {
  const { table, read } = await setUp();
  const markers: Outgoing[] = [];
  const waiting = table.catchUp(0, async (marker) => void markers.push(marker));
  await vi.advanceTimersToNextTimerAsync();
  await read(0, 0, [[String(markers[0]!.key), null]]);
  await waiting;
});

test.each([
  ['fails', () => Promise.reject(new Error('Kafka is away'))],
  ['hangs', () => new Promise<void>(() => {})],
])('a marker that is on its way still counts if the sending of another one %s', async (_how, sendAnother) => {
  const { table, read } = await setUp();
  const markers: Outgoing[] = [];
  const waiting = table.catchUp(0, async (marker) => {
    markers.push(marker);
    if (markers.length > 1) await sendAnother();
  });
  await vi.advanceTimersToNextTimerAsync();
  expect(markers).toHaveLength(2);
  await read(0, 0, [[String(markers[0]!.key), null]]);
  await waiting;
});

test('nobody waits for a marker any longer when the signal aborts or the marker cannot be sent', async () => {
  const { table } = await setUp();
  const ending = new AbortController();
  let markers = 0;
  const send = async () => {
    markers += 1;
    if (markers === 2) throw new Error('the lane is broken');
  };
  const waiting = table.catchUp(0, send, ending.signal);
  ending.abort(new Error('the deadline is over'));
  await expect(waiting).rejects.toThrow('the deadline is over');
  await vi.runAllTimersAsync();
  expect(markers).toBe(1);

  const lost = table.catchUp(0, send);
  lost.catch(() => {});
  await vi.runAllTimersAsync();
  await expect(lost).rejects.toThrow('the lane is broken');
});
