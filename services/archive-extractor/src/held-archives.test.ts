import type { InspectedArchive } from 'qcc-archive/obtain/steps';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHeldArchives } from './held-archives.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const removed: string[] = [];
  const archive = (name: string) =>
    ({ name, [Symbol.asyncDispose]: async () => void removed.push(name) }) as unknown as InspectedArchive;
  return { held: createHeldArchives({ ms: 1_000 }), archive, removed };
}

test('an archive is taken once, and is its taker’s from then on', async () => {
  const { held, archive, removed } = setUp();
  held.hold('orders/0/7', archive('A'));
  expect(held.take('orders/0/7')).toMatchObject({ name: 'A' });
  expect(held.take('orders/0/7')).toBeUndefined();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(removed).toEqual([]);
});

test('one that nobody takes is removed after a while, and all that are left at the end', async () => {
  const { held, archive, removed } = setUp();
  held.hold('orders/0/7', archive('A'));
  await vi.advanceTimersByTimeAsync(999);
  held.hold('orders/1/7', archive('B'));
  expect(removed).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(removed).toEqual(['A']);
  await held[Symbol.asyncDispose]();
  expect(removed).toEqual(['A', 'B']);
});

test('an archive that is held for the same message replaces the former one, which is removed', async () => {
  const { held, archive, removed } = setUp();
  held.hold('orders/0/7', archive('A'));
  await vi.advanceTimersByTimeAsync(600);
  held.hold('orders/0/7', archive('B'));
  expect(removed).toEqual(['A']);
  await vi.advanceTimersByTimeAsync(600);
  expect(removed).toEqual(['A']);
  expect(held.take('orders/0/7')).toMatchObject({ name: 'B' });
});
