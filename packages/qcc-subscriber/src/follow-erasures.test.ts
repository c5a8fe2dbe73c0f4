import { once } from 'node:events';
import type { Kafka } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import type { Decoder } from './decoder.ts';
import { HandlerError, SubscriptionError } from './errors.ts';
import { type ErasureHandling, followErasures } from './follow-erasures.ts';
import type { ErasedRecord } from './generated/topics.ts';
import { changeRecord, erasure } from './testing/change-record.ts';

type Following = { onValue(value: ErasedRecord, key: string): void };

/** The messages on the topic at the start, and the callbacks that get later ones. */
const world = vi.hoisted(() => ({
  before: [] as ErasedRecord[],
  refusal: undefined as Error | undefined,
  following: {} as Following,
}));
const keyOf = ({ account, corpKeyNo, id }: ErasedRecord): string => [account, corpKeyNo, id].join('|');
vi.mock('qcc-core/kafka/exactly-once/follow-topic', () => ({
  async followTopic(following: Following) {
    if (world.refusal) throw world.refusal;
    world.following = following;
    for (const each of world.before) following.onValue(each, keyOf(each));
    return { [Symbol.asyncDispose]: async () => {} };
  },
}));
const come = (value: ErasedRecord): void => world.following.onValue(value, keyOf(value));

async function setUp({ before = [], ...handling }: Partial<ErasureHandling> & { before?: ErasedRecord[] } = {}) {
  Object.assign(world, { before, refusal: undefined });
  const problems: (string | null)[] = [];
  const handled: string[] = [];
  const ends: Error[] = [];
  const erasures = await followErasures({
    kafka: {} as Kafka,
    prefix: '',
    group: 'team',
    decoder: {} as Decoder,
    sessionTimeoutMs: 6_000,
    health: { set: (_, problem) => void problems.push(problem) },
    log: { warn() {}, error() {} },
  });
  const start = () =>
    erasures.start({
      erase: async ({ corpKeyNo }) => void handled.push(corpKeyNo),
      flush: async () => void handled.push('flush'),
      fail: (error) => void ends.push(error),
      ...handling,
    });
  return { erasures, start, handled, problems, ends };
}

test('what was erased before the start is known at once, and handled by the start', async () => {
  const { erasures, start, handled } = await setUp({ before: [erasure({ corpKeyNo: 'k1' })] });
  expect(erasures.isErased(changeRecord({ corpKeyNo: 'k1' }), 'topic')).toBe(true);
  expect(handled).toEqual([]);
  await start();
  expect(handled).toEqual(['k1', 'flush']);
});

test('an erasure that comes while another one is handled is handled after it', async () => {
  const first = Promise.withResolvers<void>();
  const handled: string[] = [];
  const bed = await setUp({
    async erase({ corpKeyNo }) {
      if (corpKeyNo === 'k1') await first.promise;
      handled.push(corpKeyNo);
    },
  });
  await bed.start();
  come(erasure({ corpKeyNo: 'k1' }));
  come(erasure({ corpKeyNo: 'k2' }));
  expect(bed.erasures.isErased(changeRecord({ corpKeyNo: 'k2' }), 'topic')).toBe(true);
  first.resolve();
  await vi.waitFor(() => expect(handled).toEqual(['k1', 'k2']));
});

test('if the store fails, the erasure is tried again, and `health` has the problem until it works', async () => {
  let calls = 0;
  const { start, problems } = await setUp({
    async erase() {
      calls += 1;
      if (calls === 1) throw new TypeError('the store is locked');
    },
  });
  await start();
  come(erasure());
  await vi.waitFor(() => expect(problems).toEqual(['an erasure is not handled yet: the store is locked', null]));
  expect(calls).toBe(2);
});

test('a flush that fails is repeated, though its erasures are handled', async () => {
  let calls = 0;
  const { start, handled, problems } = await setUp({
    async flush() {
      calls += 1;
      if (calls === 1) throw new Error('the disk is full');
    },
  });
  await start();
  come(erasure({ corpKeyNo: 'k1' }));
  await vi.waitFor(() => expect(problems).toEqual(['an erasure is not handled yet: the disk is full', null]));
  expect([handled, calls]).toEqual([['k1'], 2]);
});

test('the end of the subscription ends the attempts, also one that waits for its signal', async () => {
  const seen: string[] = [];
  const { start, erasures } = await setUp({
    async erase(_, signal) {
      seen.push('called');
      if (seen.length === 1) throw new Error('the store is locked');
      await once(signal, 'abort');
      seen.push('ended');
      signal.throwIfAborted();
    },
  });
  await start();
  come(erasure());
  await vi.waitFor(() => expect(seen).toEqual(['called', 'called']));
  await erasures[Symbol.asyncDispose]();
  expect(seen).toEqual(['called', 'called', 'ended']);
});

test('a hook that fails for good ends the subscription, and no later erasure is handled', async () => {
  const error = new HandlerError('onErased failed');
  let calls = 0;
  const { start, ends, erasures } = await setUp({
    async erase() {
      calls += 1;
      throw error;
    },
  });
  await start();
  come(erasure({ corpKeyNo: 'k1' }));
  await vi.waitFor(() => expect(ends).toEqual([error]));
  come(erasure({ corpKeyNo: 'k2' }));
  await erasures[Symbol.asyncDispose]();
  expect([ends, calls]).toEqual([[error], 1]);
});

test('a topic that cannot be read ends the subscription, and the message says what the user needs', async () => {
  world.refusal = new Error('not authorized');
  const opened = followErasures({
    kafka: {} as Kafka,
    prefix: 'p.',
    group: 'team',
    decoder: {} as Decoder,
    sessionTimeoutMs: 6_000,
    health: { set() {} },
    log: { warn() {}, error() {} },
  });
  await expect(opened).rejects.toThrow(SubscriptionError);
  await expect(opened).rejects.toThrow(/p\.erased-records cannot be read: not authorized.*begin with `team\.`/);
});
